import type { Metadata, Viewport } from "next";
import type { ReactElement, ReactNode } from "react";
import { AppFrame } from "../features/shell/app-frame.tsx";
import "./globals.css";

export const metadata: Metadata = {
  title: { default: "Fizz", template: "%s · Fizz" },
  description: "Lease community machines by the second and run containers on them.",
};

export const viewport: Viewport = { width: "device-width", initialScale: 1 };

export default function RootLayout({ children }: { readonly children: ReactNode }): ReactElement {
  return (
    <html lang="en" suppressHydrationWarning>
      <body>
        <AppFrame>{children}</AppFrame>
      </body>
    </html>
  );
}
