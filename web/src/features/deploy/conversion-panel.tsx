"use client";

import type { Converted } from "@fizz/protocol/convert";
import { ArrowLeftRight } from "lucide-react";
import type { ReactElement } from "react";
import { count } from "../../format/format.ts";
import { Button } from "../../ui/button.tsx";
import { Notice } from "../../ui/notice.tsx";
import type { Conversion } from "./use-conversion.ts";

/** Offers to make a manifest of a Compose file or an Akash SDL, and says what came of it. */
export function ConversionPanel({ conversion }: { readonly conversion: Conversion }): ReactElement | null {
  const { isOffered, convert, result, undo, dismiss } = conversion;
  if (isOffered) return <Offer onAccept={convert} />;
  if (result === undefined) return null;
  if (result.manifest === null)
    return (
      <Notice tone="danger" title="This cannot be made into a manifest.">
        <FindingList findings={result.findings} />
      </Notice>
    );
  return (
    <Notice
      tone="primary"
      title={`Converted to ${result.mode ?? ""} mode.`}
      action={
        <span className="flex gap-2">
          <Button size="sm" onClick={undo}>
            Undo
          </Button>
          <Button size="sm" look="ghost" onClick={dismiss}>
            Close
          </Button>
        </span>
      }
    >
      <details>
        <summary className="cursor-pointer">{count(result.findings.length, "thing")} to look at</summary>
        <FindingList findings={result.findings} />
      </details>
    </Notice>
  );
}

function Offer({ onAccept }: { readonly onAccept: () => void }): ReactElement {
  return (
    <Notice
      tone="primary"
      title="This looks like a Compose file or an Akash SDL."
      action={
        <Button size="sm" onClick={onAccept}>
          <ArrowLeftRight aria-hidden />
          Make a manifest of it
        </Button>
      }
    >
      Your browser converts it and says what cannot be carried over.
    </Notice>
  );
}

function FindingList({ findings }: Pick<Converted, "findings">): ReactElement {
  return (
    <ul
      aria-label="What the conversion changed"
      className="mt-2 flex max-h-64 flex-col gap-2 overflow-y-auto"
      // Keyboards scroll only what can have the focus.
      tabIndex={0}
    >
      {findings.map(({ code, path, line, column, found, done, message }) => (
        <li key={`${code} ${path} ${line}:${column} ${found}`} className="break-words">
          <span className="font-mono text-xs text-muted">
            {line}:{column} {path}
          </span>
          <span className="block">
            {found}: {done}. {message}
          </span>
        </li>
      ))}
    </ul>
  );
}
