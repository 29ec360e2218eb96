"use client";

import type { RankedQuote, Refusal } from "@fizz/protocol/messages";
import { rate } from "@fizz/protocol/units";
import type { ReactElement } from "react";
import { coinPerHour, duration } from "../../format/format.ts";
import { Badge } from "../../ui/badge.tsx";
import { cn } from "../../ui/class-names.ts";
import { useNow } from "../../ui/use-now.ts";

interface QuoteListProps {
  readonly quotes: readonly RankedQuote[];
  readonly refusals: readonly Refusal[];
  readonly chosen: RankedQuote | undefined;
  readonly onChoose: (quote: RankedQuote) => void;
}

/** The bids, best first, each with the reasons for its score; and who did not bid, and why. */
export function QuoteList({ quotes, refusals, chosen, onChoose }: QuoteListProps): ReactElement {
  return (
    <div className="flex flex-col gap-3">
      <fieldset className="flex flex-col gap-2">
        <legend className="sr-only">Quotes</legend>
        {quotes.map((quote, index) => (
          <QuoteRow
            key={quote.signed.signature}
            quote={quote}
            isBest={index === 0}
            isChosen={quote === chosen}
            onChoose={() => {
              onChoose(quote);
            }}
          />
        ))}
      </fieldset>
      {refusals.length === 0 ? null : (
        <details open={quotes.length === 0} className="text-sm">
          <summary className="text-muted">Who did not bid, and why ({refusals.length})</summary>
          <ul className="mt-2 flex flex-col gap-1.5">
            {refusals.map((refusal) => (
              <li key={refusal.nodeId.toString()} className="break-words">
                <span className="font-mono">#{refusal.nodeId.toString()}</span> {refusal.message}{" "}
                <code className="text-xs text-muted">{refusal.code}</code>
              </li>
            ))}
          </ul>
        </details>
      )}
    </div>
  );
}

interface QuoteRowProps {
  readonly quote: RankedQuote;
  readonly isBest: boolean;
  readonly isChosen: boolean;
  readonly onChoose: () => void;
}

function QuoteRow({ quote, isBest, isChosen, onChoose }: QuoteRowProps): ReactElement {
  const { nodeId, ratePerSecond, expiresAt } = quote.signed.quote;
  return (
    <div
      className={cn(
        "rounded-xl border border-border px-4 py-3",
        isChosen && "border-primary bg-primary-soft/40",
      )}
    >
      <label className="flex cursor-pointer flex-wrap items-center gap-x-4 gap-y-1">
        <input
          type="radio"
          name="quote"
          checked={isChosen}
          onChange={onChoose}
          className="size-4 accent-primary"
        />
        <span className="font-medium">Node #{nodeId.toString()}</span>
        {isBest ? <Badge tone="primary">best score</Badge> : null}
        <span className="font-medium tabular-nums">{coinPerHour(rate(ratePerSecond))}</span>
        <span className="ml-auto text-sm text-muted tabular-nums">
          score {quote.score} · <Expiry at={expiresAt} />
        </span>
      </label>
      <details className="mt-2 text-sm">
        <summary className="text-muted">Why this score</summary>
        <ul className="mt-2 flex flex-col gap-1.5">
          {quote.parts.map((part) => (
            <li key={part.name} className="flex flex-wrap justify-between gap-x-4">
              <span>
                <span className="font-medium">{part.name}</span>{" "}
                <span className="text-muted">{part.why}</span>
              </span>
              <span className="tabular-nums">
                {part.points} of {part.max}
              </span>
            </li>
          ))}
        </ul>
      </details>
    </div>
  );
}

/** @param at Unix time in seconds. */
function Expiry({ at }: { readonly at: number }): ReactElement {
  const left = at - Math.floor(useNow() / 1_000);
  if (left <= 0) return <span className="text-danger">expired</span>;
  return <span>holds for {duration(left)}</span>;
}
