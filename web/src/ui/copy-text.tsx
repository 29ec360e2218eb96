"use client";

import { Check, Copy } from "lucide-react";
import { type ReactElement, useEffect, useState } from "react";
import { Button } from "./button.tsx";
import { cn } from "./class-names.ts";

const COPIED_MS = 1_500;

interface CopyButtonProps {
  readonly text: string;
  /** What is copied, for screen readers: "Copy address". */
  readonly label: string;
  readonly className?: string;
}

export function CopyButton({ text, label, className }: CopyButtonProps): ReactElement {
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return undefined;
    const timer = setTimeout(() => {
      setCopied(false);
    }, COPIED_MS);
    return () => {
      clearTimeout(timer);
    };
  }, [copied]);
  const copy = (): void => {
    // Without the permission (an insecure origin) the text stays selectable; there is nothing else to do.
    navigator.clipboard.writeText(text).then(
      () => {
        setCopied(true);
      },
      () => undefined,
    );
  };
  return (
    <Button
      look="ghost"
      size="icon"
      aria-label={copied ? "Copied" : label}
      className={className}
      onClick={copy}
    >
      {copied ? <Check aria-hidden className="text-success" /> : <Copy aria-hidden />}
    </Button>
  );
}

/** A command or an address on one line, with a button that copies it. */
export function CopyLine({ text, label, className }: CopyButtonProps): ReactElement {
  return (
    <div className={cn("flex items-center gap-1 rounded-lg border border-border bg-raised pl-3", className)}>
      <code tabIndex={0} className="min-w-0 flex-1 overflow-x-auto py-2 font-mono text-xs whitespace-nowrap">
        {text}
      </code>
      <CopyButton text={text} label={label} />
    </div>
  );
}
