"use client";

import { Power } from "lucide-react";
import { AlertDialog } from "radix-ui";
import { type ReactElement, useState } from "react";
import { useConfig } from "wagmi";
import { coin } from "../../format/format.ts";
import { useNetwork } from "../../network/network-context.tsx";
import { Button } from "../../ui/button.tsx";
import { Card } from "../../ui/card.tsx";
import { Facts } from "../../ui/facts.tsx";
import { useNow } from "../../ui/use-now.ts";
import type { LeaseView } from "../lease/read-lease.ts";
import { closeLease } from "./close-lease.ts";
import { closeWayOf } from "./close-way.ts";

interface CloseCardProps {
  readonly lease: LeaseView;
  readonly receipt: unknown;
  readonly onClosed: () => void;
}

/** Ends the lease; says first what comes back. */
export function CloseCard({ lease, receipt, onClosed }: CloseCardProps): ReactElement {
  const config = useConfig();
  const network = useNetwork();
  const now = useNow();
  const [isBusy, setBusy] = useState(false);
  const way = closeWayOf(lease, { now: now / 1_000, hasReceipt: receipt !== undefined });
  const close = async (): Promise<void> => {
    setBusy(true);
    const done = await closeLease({ config, network, lease, way, receipt });
    setBusy(false);
    if (done !== undefined) onClosed();
  };
  const facts = (
    <Facts
      facts={[
        { label: "Back to your escrow account", value: coin(way.refund, 9) },
        { label: way.costLabel, value: coin(way.cost, 9) },
      ]}
    />
  );
  return (
    <Card title="Close" description={way.sentence}>
      <div className="flex flex-col gap-4">
        {facts}
        <CloseDialog lid={lease.lid} isBusy={isBusy} facts={facts} onConfirm={() => void close()} />
      </div>
    </Card>
  );
}

interface CloseDialogProps {
  readonly lid: bigint;
  readonly isBusy: boolean;
  readonly facts: ReactElement;
  readonly onConfirm: () => void;
}

function CloseDialog({ lid, isBusy, facts, onConfirm }: CloseDialogProps): ReactElement {
  return (
    <AlertDialog.Root>
      <AlertDialog.Trigger asChild>
        <Button look="danger" disabled={isBusy}>
          <Power aria-hidden /> Close this deployment
        </Button>
      </AlertDialog.Trigger>
      <AlertDialog.Portal>
        <AlertDialog.Overlay className="fixed inset-0 z-40 bg-black/50" />
        <AlertDialog.Content className="fixed top-1/2 left-1/2 z-50 flex w-[calc(100vw-2rem)] max-w-md -translate-x-1/2 -translate-y-1/2 flex-col gap-4 rounded-2xl border border-border bg-surface p-5 shadow-xl">
          <AlertDialog.Title className="text-lg font-semibold">
            Close lease {lid.toString()}?
          </AlertDialog.Title>
          <AlertDialog.Description className="text-sm text-muted">
            Its containers are removed with everything in them. This cannot be undone.
          </AlertDialog.Description>
          {facts}
          <div className="flex justify-end gap-2">
            <AlertDialog.Cancel asChild>
              <Button>Keep it</Button>
            </AlertDialog.Cancel>
            <AlertDialog.Action asChild>
              <Button look="danger" onClick={onConfirm}>
                Close and refund
              </Button>
            </AlertDialog.Action>
          </div>
        </AlertDialog.Content>
      </AlertDialog.Portal>
    </AlertDialog.Root>
  );
}
