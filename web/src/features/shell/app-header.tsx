"use client";

import Link from "next/link";
import { usePathname } from "next/navigation";
import type { ReactElement } from "react";
import { cn } from "../../ui/class-names.ts";
import { WalletButton } from "../wallet/wallet-button.tsx";
import { Logo } from "./logo.tsx";
import { ThemeButton } from "./theme-button.tsx";

const links = [
  { href: "/", label: "Nodes" },
  { href: "/deploy", label: "Deploy" },
  { href: "/deployments", label: "Deployments" },
] as const;

export function AppHeader(): ReactElement {
  const path = usePathname();
  const isHere = (href: string): boolean =>
    href === "/" ? path === "/" : path === href || (href === "/deployments" && path === "/deployment");
  return (
    <header className="sticky top-0 z-30 border-b border-border bg-surface/90 backdrop-blur">
      <div className="mx-auto flex w-full max-w-7xl flex-wrap items-center gap-x-4 gap-y-1 px-4 py-2.5 sm:px-6">
        <Link href="/" className="flex items-center gap-2 text-lg font-semibold tracking-tight">
          <Logo /> Fizz
        </Link>
        <nav aria-label="Main" className="order-last -mx-2 flex w-full gap-1 sm:order-none sm:mx-2 sm:w-auto">
          {links.map(({ href, label }) => (
            <Link
              key={href}
              href={href}
              aria-current={isHere(href) ? "page" : undefined}
              className={cn(
                "rounded-lg px-3 py-1.5 text-sm font-medium text-muted hover:bg-raised hover:text-foreground",
                isHere(href) && "bg-raised text-foreground",
              )}
            >
              {label}
            </Link>
          ))}
        </nav>
        <div className="ml-auto flex items-center gap-2">
          <ThemeButton />
          <WalletButton />
        </div>
      </div>
    </header>
  );
}
