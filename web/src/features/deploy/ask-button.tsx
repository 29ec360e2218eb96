"use client";

import { HandCoins } from "lucide-react";
import type { ReactElement } from "react";
import { useConnection } from "wagmi";
import { count } from "../../format/format.ts";
import { useNetwork } from "../../network/network-context.tsx";
import { Button } from "../../ui/button.tsx";
import { Spinner } from "../../ui/spinner.tsx";
import type { ManifestCheck } from "./check-manifest.ts";
import type { Quotes } from "./use-quotes.ts";

interface AskButtonProps {
  readonly check: ManifestCheck;
  readonly text: string;
  readonly state: Quotes["state"];
  readonly hasQuotes: boolean;
  readonly onAsk: () => void;
  readonly onStop: () => void;
}

const pendingText = {
  idle: undefined,
  asking: "Asking the nodes…",
  waiting: "Waiting for a bid…",
} as const;

/** Asks for quotes, or says what is in the way. */
export function AskButton({ check, text, state, hasQuotes, onAsk, onStop }: AskButtonProps): ReactElement {
  const obstacle = useObstacle(check, text);
  const isPending = state !== "idle";
  return (
    <div className="flex flex-col gap-2">
      <Button
        look={hasQuotes ? "secondary" : "primary"}
        className="w-full"
        disabled={obstacle !== undefined || isPending}
        aria-describedby="ask-obstacle"
        onClick={onAsk}
      >
        {isPending ? <Spinner /> : <HandCoins aria-hidden />}
        {pendingText[state] ?? (hasQuotes ? "Ask again" : "Get quotes")}
      </Button>
      {state === "waiting" ? <Button onClick={onStop}>Stop waiting</Button> : null}
      <p id="ask-obstacle" className="text-sm text-muted">
        {obstacle ??
          (hasQuotes ? "" : "Nodes see resources, ports and placement. Nothing is signed or paid yet.")}
      </p>
    </div>
  );
}

function useObstacle(check: ManifestCheck, text: string): string | undefined {
  const { chainId, chainName } = useNetwork();
  const connection = useConnection();
  const errors = check.issues.filter(({ severity }) => severity === "error").length;
  if (check.text !== text) return "Checking the manifest…";
  if (errors > 0) return `The manifest has ${count(errors, "error")}: see the list under the editor.`;
  if (connection.status !== "connected") return "Connect a wallet first: a quote is made for one tenant.";
  if (connection.chainId !== chainId) return `Switch your wallet to ${chainName} first.`;
  return undefined;
}
