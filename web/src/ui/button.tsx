import { cva } from "class-variance-authority";
import type { ComponentProps, ReactElement } from "react";
import { cn } from "./class-names.ts";

type ButtonLook = "primary" | "secondary" | "ghost" | "danger";
type ButtonSize = "md" | "sm" | "icon";

const variants = cva(
  "inline-flex shrink-0 items-center justify-center gap-2 rounded-lg font-medium whitespace-nowrap transition-colors disabled:cursor-not-allowed disabled:opacity-60 [&_svg]:size-4 [&_svg]:shrink-0",
  {
    variants: {
      look: {
        primary: "bg-primary text-primary-foreground hover:bg-primary/90",
        secondary: "border border-border bg-surface text-foreground hover:bg-raised",
        ghost: "text-foreground hover:bg-raised",
        danger: "border border-danger/50 bg-danger-soft text-danger hover:border-danger",
      },
      size: { md: "h-10 px-4 text-sm", sm: "h-8 px-3 text-sm", icon: "size-9" },
    },
    defaultVariants: { look: "secondary", size: "md" },
  },
);

/** The classes of a button, for links that look like one. */
export function buttonClass(look: ButtonLook, size: ButtonSize = "md"): string {
  return variants({ look, size });
}

interface ButtonProps extends ComponentProps<"button"> {
  readonly look?: ButtonLook;
  readonly size?: ButtonSize;
}

export function Button({ look = "secondary", size = "md", className, ...props }: ButtonProps): ReactElement {
  return <button type="button" className={cn(variants({ look, size }), className)} {...props} />;
}
