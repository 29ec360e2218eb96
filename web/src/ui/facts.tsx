import type { ReactElement, ReactNode } from "react";
import { cn } from "./class-names.ts";

interface Fact {
  readonly label: string;
  readonly value: ReactNode;
  readonly hint?: string;
}

/** Names and values, one under the other. */
export function Facts({
  facts,
  className,
}: {
  readonly facts: readonly Fact[];
  readonly className?: string;
}): ReactElement {
  return (
    <dl className={cn("flex flex-col gap-2.5 text-sm", className)}>
      {facts.map((fact) => (
        <div key={fact.label} className="flex flex-wrap items-baseline justify-between gap-x-6 gap-y-0.5">
          <dt className="text-muted">
            {fact.label}
            {fact.hint === undefined ? null : <span className="block text-xs">{fact.hint}</span>}
          </dt>
          <dd className="ml-auto min-w-0 text-right font-medium break-words tabular-nums">{fact.value}</dd>
        </div>
      ))}
    </dl>
  );
}
