"use client";

import { HandCoins } from "lucide-react";
import type { ReactElement } from "react";
import { useConnection } from "wagmi";
import { count } from "../../format/format.ts";
import { useNetwork } from "../../network/network-context.tsx";
import { Button } from "../../ui/button.tsx";
import { Spinner } from "../../ui/spinner.tsx";
import type { ManifestCheck } from "./check-manifest.ts";

interface AskButtonProps {
  readonly check: ManifestCheck;
  readonly text: string;
  readonly isPending: boolean;
  readonly hasQuotes: boolean;
  readonly onAsk: () => void;
}

/** Asks for quotes, or says what is in the way. */
export function AskButton({ check, text, isPending, hasQuotes, onAsk }: AskButtonProps): ReactElement {
  const obstacle = useObstacle(check, text);
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
        {isPending ? "Asking the nodes…" : hasQuotes ? "Ask again" : "Get quotes"}
      </Button>
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
