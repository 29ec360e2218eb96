import type { ReactElement, ReactNode } from "react";
import { cn } from "./class-names.ts";

export type Tone = "neutral" | "primary" | "success" | "warning" | "danger";

const tones: Record<Tone, string> = {
  neutral: "bg-raised text-muted",
  primary: "bg-primary-soft text-primary",
  success: "bg-success-soft text-success",
  warning: "bg-warning-soft text-warning",
  danger: "bg-danger-soft text-danger",
};

interface BadgeProps {
  readonly tone?: Tone;
  readonly className?: string;
  readonly children: ReactNode;
}

export function Badge({ tone = "neutral", className, children }: BadgeProps): ReactElement {
  const look =
    "inline-flex items-center gap-1.5 rounded-full px-2.5 py-0.5 text-xs font-medium whitespace-nowrap";
  return <span className={cn(look, tones[tone], className)}>{children}</span>;
}

/** A dot that says with its colour what the text beside it says. */
export function Dot({ tone }: { readonly tone: Tone }): ReactElement {
  const colours: Record<Tone, string> = {
    neutral: "bg-muted",
    primary: "bg-primary",
    success: "bg-success",
    warning: "bg-warning",
    danger: "bg-danger",
  };
  return <span aria-hidden className={cn("size-1.5 rounded-full", colours[tone])} />;
}
