"use client";

import type { RankedQuote } from "@fizz/protocol/messages";
import { lockedBy } from "@fizz/protocol/orders";
import { Rocket } from "lucide-react";
import { type ReactElement, useState } from "react";
import { useNetwork } from "../../network/network-context.tsx";
import { Button } from "../../ui/button.tsx";
import { Card } from "../../ui/card.tsx";
import { Facts } from "../../ui/facts.tsx";
import { Spinner } from "../../ui/spinner.tsx";
import { useEscrow } from "../escrow/use-escrow.ts";
import { DurationField } from "./duration-field.tsx";
import type { OpenStep } from "./open-lease.ts";
import { clampPrepaid, shortfall } from "./quote-terms.ts";
import type { QuoteRound } from "./request-quotes.ts";
import { reviewFactsOf } from "./review-facts.ts";
import { useGasEstimate } from "./use-gas-estimate.ts";
import { useDeploy } from "./use-deploy.ts";

interface ReviewCardProps {
  readonly round: QuoteRound;
  readonly chosen: RankedQuote;
}

const stepTexts: Record<OpenStep, string> = {
  checking: "Checking with the chain…",
  session: "Sign the session in your wallet (1 of 2)…",
  transaction: "Confirm the transaction in your wallet (2 of 2)…",
};

/** What it costs and what is locked, before anything is signed. */
export function ReviewCard({ round, chosen }: ReviewCardProps): ReactElement {
  const network = useNetwork();
  const { quote } = chosen.signed;
  const [prepaidSeconds, setPrepaid] = useState(() =>
    clampPrepaid(round.order.openPart.durationSeconds, quote),
  );
  const { escrow } = useEscrow(round.tenant);
  const locked = lockedBy(quote, prepaidSeconds);
  const value = shortfall(locked, escrow?.free ?? 0n);
  const gas = useGasEstimate({ network, round, signed: chosen.signed, prepaidSeconds, value });
  const { deploy, step } = useDeploy();
  return (
    <Card title="Review" description={`One lease on node #${quote.nodeId.toString()}, paid by the second.`}>
      <div className="flex flex-col gap-5">
        <DurationField
          seconds={prepaidSeconds}
          min={quote.minSeconds}
          max={quote.maxSeconds}
          onChange={setPrepaid}
        />
        <Facts facts={reviewFactsOf({ quote, locked, value, free: escrow?.free, gas })} />
        <DeployButton
          step={step}
          isReady={escrow !== undefined}
          onDeploy={() => {
            deploy({ round, signed: chosen.signed, prepaidSeconds, value });
          }}
        />
        <p className="text-xs text-muted">
          Your wallet asks twice: for a session key that may read status, logs and events of this deployment
          alone, and for one transaction.
        </p>
      </div>
    </Card>
  );
}

interface DeployButtonProps {
  readonly step: OpenStep | undefined;
  readonly isReady: boolean;
  readonly onDeploy: () => void;
}

function DeployButton({ step, isReady, onDeploy }: DeployButtonProps): ReactElement {
  return (
    <Button look="primary" className="w-full" disabled={step !== undefined || !isReady} onClick={onDeploy}>
      {step === undefined ? <Rocket aria-hidden /> : <Spinner />}
      {step === undefined ? "Deploy" : stepTexts[step]}
    </Button>
  );
}
