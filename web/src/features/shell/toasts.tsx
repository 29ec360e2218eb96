"use client";

import { useTheme } from "next-themes";
import type { ReactElement } from "react";
import { Toaster } from "sonner";

const themes = { light: "light", dark: "dark" } as const;

export function Toasts(): ReactElement {
  const { resolvedTheme } = useTheme();
  return (
    <Toaster
      theme={resolvedTheme === "dark" ? themes.dark : themes.light}
      position="bottom-right"
      closeButton
    />
  );
}
