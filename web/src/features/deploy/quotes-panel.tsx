"use client";

import type { RankedQuote } from "@fizz/protocol/messages";
import { Hourglass } from "lucide-react";
import { type ReactElement, useState } from "react";
import { count } from "../../format/format.ts";
import { Button } from "../../ui/button.tsx";
import { Card } from "../../ui/card.tsx";
import { Notice } from "../../ui/notice.tsx";
import { QuoteList } from "./quote-list.tsx";
import type { QuoteRound } from "./request-quotes.ts";
import { ReviewCard } from "./review-card.tsx";

interface QuotesPanelProps {
  readonly round: QuoteRound;
  /** Asks again until somebody bids; undefined while that goes on. */
  readonly onWait: (() => void) | undefined;
}

/** The bids of one round, and the review of the one that is chosen. */
export function QuotesPanel({ round, onWait }: QuotesPanelProps): ReactElement {
  const [chosen, setChosen] = useState<RankedQuote | undefined>(round.quotes[0]);
  const { quotes, refusals } = round;
  return (
    <>
      <Card
        title={quotes.length === 0 ? "No quotes" : count(quotes.length, "quote")}
        description={
          quotes.length === 0
            ? "No node bid on this manifest."
            : "Signed by the nodes, ranked by the gateway."
        }
      >
        {quotes.length === 0 && refusals.length === 0 ? (
          <Notice>No node is online that could take this. Try again when the list of nodes shows one.</Notice>
        ) : (
          <QuoteList quotes={quotes} refusals={refusals} chosen={chosen} onChoose={setChosen} />
        )}
        {quotes.length > 0 || onWait === undefined ? null : (
          <Button className="mt-4 w-full" onClick={onWait}>
            <Hourglass aria-hidden />
            Wait for a bid
          </Button>
        )}
      </Card>
      {chosen === undefined ? null : (
        <ReviewCard key={chosen.signed.signature} round={round} chosen={chosen} />
      )}
    </>
  );
}
