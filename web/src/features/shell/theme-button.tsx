"use client";

import { Moon, Sun } from "lucide-react";
import { useTheme } from "next-themes";
import type { ReactElement } from "react";
import { Button } from "../../ui/button.tsx";

/** Both icons are there and CSS picks one: the prerendered page cannot know the theme. */
export function ThemeButton(): ReactElement {
  const { resolvedTheme, setTheme } = useTheme();
  const toggle = (): void => {
    setTheme(resolvedTheme === "dark" ? "light" : "dark");
  };
  return (
    <Button look="ghost" size="icon" aria-label="Switch between light and dark" onClick={toggle}>
      <Moon aria-hidden className="dark:hidden" />
      <Sun aria-hidden className="hidden dark:block" />
    </Button>
  );
}
