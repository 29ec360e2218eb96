"use client";

import { LogOut } from "lucide-react";
import type { ReactElement } from "react";
import { useBalance, useConnection, useDisconnect } from "wagmi";
import { coin } from "../../format/format.ts";
import { Button } from "../../ui/button.tsx";
import { CopyLine } from "../../ui/copy-text.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { Facts } from "../../ui/facts.tsx";
import { FundsForm } from "./funds-form.tsx";
import { useEscrow } from "./use-escrow.ts";

/** The connected wallet: what it holds, what it has in escrow, and how to move between the two. */
export function AccountDialog({ onClose }: { readonly onClose: () => void }): ReactElement | null {
  const { address, connector } = useConnection();
  const balance = useBalance({ address });
  const { escrow, refetch } = useEscrow(address);
  const { mutate: disconnect } = useDisconnect();
  if (address === undefined) return null;
  const shown = (wei: bigint | undefined): string => (wei === undefined ? "…" : coin(wei));
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title="Your wallet"
      description={`Connected through ${connector?.name ?? "a wallet"}. Leases are paid from the escrow account.`}
    >
      <CopyLine text={address} label="Copy address" />
      <Facts
        facts={[
          { label: "In the wallet", value: shown(balance.data?.value) },
          { label: "Escrow, free", value: shown(escrow?.free) },
        ]}
      />
      <FundsForm
        account={address}
        free={escrow?.free}
        onMoved={() => {
          refetch();
          void balance.refetch();
        }}
      />
      <div className="border-t border-border pt-4">
        <Button
          className="w-full"
          onClick={() => {
            disconnect({});
          }}
        >
          <LogOut aria-hidden /> Disconnect
        </Button>
      </div>
    </Dialog>
  );
}
