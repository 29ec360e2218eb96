"use client";

import { ThemeProvider } from "next-themes";
import type { ReactElement, ReactNode } from "react";
import { NetworkProvider } from "../../network/network-provider.tsx";
import { AppFooter } from "./app-footer.tsx";
import { AppHeader } from "./app-header.tsx";
import { ConnectionBanner } from "./connection-banner.tsx";
import { Toasts } from "./toasts.tsx";

/** What surrounds every page. */
export function AppFrame({ children }: { readonly children: ReactNode }): ReactElement {
  return (
    <ThemeProvider attribute="class" defaultTheme="system" enableSystem disableTransitionOnChange>
      <NetworkProvider>
        <div className="flex min-h-dvh flex-col">
          <AppHeader />
          <ConnectionBanner />
          <div className="flex-1">{children}</div>
          <AppFooter />
        </div>
        <Toasts />
      </NetworkProvider>
    </ThemeProvider>
  );
}
