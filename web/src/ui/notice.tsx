import { CircleAlert, CircleCheck, Info, TriangleAlert } from "lucide-react";
import type { ReactElement, ReactNode } from "react";
import type { Tone } from "./badge.tsx";
import { cn } from "./class-names.ts";

const looks: Record<Tone, string> = {
  neutral: "border-border bg-raised text-foreground",
  primary: "border-primary/30 bg-primary-soft text-foreground",
  success: "border-success/30 bg-success-soft text-foreground",
  warning: "border-warning/40 bg-warning-soft text-foreground",
  danger: "border-danger/40 bg-danger-soft text-foreground",
};
const icons = {
  neutral: Info,
  primary: Info,
  success: CircleCheck,
  warning: TriangleAlert,
  danger: CircleAlert,
};
const iconTones: Record<Tone, string> = {
  neutral: "text-muted",
  primary: "text-primary",
  success: "text-success",
  warning: "text-warning",
  danger: "text-danger",
};

interface NoticeProps {
  readonly tone?: Tone;
  readonly title?: ReactNode;
  readonly children?: ReactNode;
  readonly action?: ReactNode;
  readonly className?: string;
}

/** A sentence that the reader should not miss. A danger is announced at once, the rest when there is time. */
export function Notice({ tone = "neutral", title, children, action, className }: NoticeProps): ReactElement {
  const Icon = icons[tone];
  return (
    <div
      role={tone === "danger" ? "alert" : "status"}
      className={cn("flex items-start gap-3 rounded-xl border px-4 py-3 text-sm", looks[tone], className)}
    >
      <Icon aria-hidden className={cn("mt-0.5 size-4 shrink-0", iconTones[tone])} />
      <div className="min-w-0 flex-1 break-words">
        {title === undefined ? null : <p className="font-medium">{title}</p>}
        {children}
      </div>
      {action}
    </div>
  );
}
