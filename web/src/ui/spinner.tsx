import { LoaderCircle } from "lucide-react";
import type { ReactElement } from "react";
import { cn } from "./class-names.ts";

export function Spinner({ className }: { readonly className?: string }): ReactElement {
  return <LoaderCircle aria-hidden className={cn("size-4 animate-spin", className)} />;
}

/** A sentence while something is on its way. */
export function Loading({ children }: { readonly children: string }): ReactElement {
  return (
    <p role="status" className="flex items-center justify-center gap-2 px-6 py-12 text-sm text-muted">
      <Spinner /> {children}
    </p>
  );
}
