"use client";

import { type ReactElement, useState } from "react";
import { toast } from "sonner";
import { useConfig } from "wagmi";
import { showError } from "../../chain/show-error.ts";
import { useNetwork } from "../../network/network-context.tsx";
import { Button } from "../../ui/button.tsx";
import { Card } from "../../ui/card.tsx";
import { Spinner } from "../../ui/spinner.tsx";
import type { LeaseView } from "../lease/read-lease.ts";
import { useLeaseStore } from "../lease/use-lease-store.ts";

const PATIENCE_MS = 60_000;

interface RevokeCardProps {
  readonly lease: LeaseView;
  readonly isMine: boolean;
  readonly onRevoked: () => void;
}

/** Takes back what the wallet has granted, on this machine and on lost ones. */
export function RevokeCard({ lease, isMine, onRevoked }: RevokeCardProps): ReactElement | null {
  const config = useConfig();
  const network = useNetwork();
  const store = useLeaseStore();
  const [isBusy, setBusy] = useState(false);
  const revoke = async (): Promise<void> => {
    setBusy(true);
    try {
      const { revokeSessions } = await import("./revoke-sessions.ts");
      const request = { config, network, lease, peerId: store.find(lease.leaseHash)?.nodePeerId };
      const ended = await revokeSessions(request, AbortSignal.timeout(PATIENCE_MS));
      onRevoked();
      toast("Sessions revoked", { description: `The node has signed for it, and ended ${ended} of them.` });
    } catch (error) {
      await showError(error);
    }
    setBusy(false);
  };
  if (!isMine || lease.state === "closed") return null;
  return (
    <Card
      title="Sessions"
      description="Takes back every session that your wallet opened with this deployment until now, in any browser and on the command line. One signature, no transaction."
    >
      <Button disabled={isBusy} onClick={() => void revoke()}>
        {isBusy ? <Spinner /> : null} Revoke sessions
      </Button>
    </Card>
  );
}
