import { type ReactElement, type ReactNode, useId } from "react";
import { cn } from "./class-names.ts";

interface CardProps {
  readonly title?: ReactNode;
  readonly description?: ReactNode;
  readonly actions?: ReactNode;
  readonly className?: string;
  readonly bodyClassName?: string;
  readonly children: ReactNode;
}

/** A section with a heading of its own. */
export function Card({
  title,
  description,
  actions,
  className,
  bodyClassName,
  children,
}: CardProps): ReactElement {
  const id = useId();
  const labelled = title === undefined ? {} : { "aria-labelledby": id };
  return (
    <section {...labelled} className={cn("min-w-0 rounded-2xl border border-border bg-surface", className)}>
      {title === undefined ? null : (
        <header className="flex flex-col items-start justify-between gap-3 sm:flex-row px-5 pt-4">
          <div className="min-w-0 flex-1">
            <h2 id={id} className="text-base font-semibold tracking-tight">
              {title}
            </h2>
            {description === undefined ? null : <p className="mt-0.5 text-sm text-muted">{description}</p>}
          </div>
          {actions}
        </header>
      )}
      <div className={cn("p-5", bodyClassName)}>{children}</div>
    </section>
  );
}
