import { type ComponentProps, type ReactElement, type ReactNode, useId } from "react";
import { cn } from "./class-names.ts";

interface TextFieldProps extends ComponentProps<"input"> {
  readonly label: string;
  readonly error?: string | undefined;
  readonly suffix?: ReactNode;
}

export function TextField({ label, error, suffix, className, ...props }: TextFieldProps): ReactElement {
  const id = useId();
  return (
    <div className={cn("flex flex-col gap-1.5", className)}>
      <label htmlFor={id} className="text-sm font-medium">
        {label}
      </label>
      <div className="flex items-center gap-2">
        <input
          id={id}
          aria-invalid={error !== undefined}
          aria-describedby={error === undefined ? undefined : `${id}-error`}
          className="h-10 w-full min-w-0 rounded-lg border border-input bg-surface px-3 text-sm tabular-nums"
          {...props}
        />
        {suffix}
      </div>
      {error === undefined ? null : (
        <p id={`${id}-error`} className="text-sm text-danger">
          {error}
        </p>
      )}
    </div>
  );
}
