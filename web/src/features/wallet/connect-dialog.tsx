"use client";

import { FlaskConical, Wallet } from "lucide-react";
import type { ReactElement } from "react";
import { type Connector, useConnect, useConnectors } from "wagmi";
import { DEV_WALLET_ID } from "../../chain/dev-wallet-id.ts";
import { showError } from "../../chain/show-error.ts";
import { useNetwork } from "../../network/network-context.tsx";
import { Badge } from "../../ui/badge.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { Spinner } from "../../ui/spinner.tsx";

interface ConnectDialogProps {
  readonly open: boolean;
  readonly onOpenChange: (open: boolean) => void;
}

/** The wallets that announced themselves in this browser. */
export function ConnectDialog({ open, onOpenChange }: ConnectDialogProps): ReactElement {
  const connectors = useConnectors();
  const { mutate, isPending, variables } = useConnect({
    mutation: {
      onSuccess: () => {
        onOpenChange(false);
      },
      onError: (error) => void showError(error),
    },
  });
  const { chainName } = useNetwork();
  const wallets = connectors.filter(({ id }) => id !== DEV_WALLET_ID);
  const development = connectors.find(({ id }) => id === DEV_WALLET_ID);
  const rowOf = (connector: Connector): ReactElement => (
    <WalletRow
      key={connector.uid}
      connector={connector}
      isPending={isPending && variables.connector === connector}
      onChoose={() => {
        mutate({ connector });
      }}
    />
  );
  return (
    <Dialog
      open={open}
      onOpenChange={onOpenChange}
      title="Connect a wallet"
      description={`To lease on ${chainName}.`}
    >
      <ul className="flex flex-col gap-2">{wallets.map(rowOf)}</ul>
      {wallets.length === 0 ? (
        <p className="rounded-xl bg-raised px-4 py-3 text-sm text-muted">
          No wallet extension announced itself in this browser. Install one, then reload this page.
        </p>
      ) : null}
      {development === undefined ? null : (
        <div className="flex flex-col gap-2 border-t border-border pt-4">
          <ul>{rowOf(development)}</ul>
          <p className="text-xs text-muted">
            Only for this local chain: its key is public and it signs without asking. Never send real money to
            it.
          </p>
        </div>
      )}
    </Dialog>
  );
}

interface WalletRowProps {
  readonly connector: Connector;
  readonly isPending: boolean;
  readonly onChoose: () => void;
}

function WalletRow({ connector, isPending, onChoose }: WalletRowProps): ReactElement {
  const isDevelopment = connector.id === DEV_WALLET_ID;
  return (
    <li>
      <button
        type="button"
        onClick={onChoose}
        disabled={isPending}
        className="flex w-full items-center gap-3 rounded-xl border border-border px-4 py-3 text-left font-medium hover:bg-raised"
      >
        <WalletIcon icon={connector.icon} isDevelopment={isDevelopment} />
        <span className="flex-1">{connector.name}</span>
        {isDevelopment ? <Badge tone="warning">local chain only</Badge> : null}
        {isPending ? <Spinner /> : null}
      </button>
    </li>
  );
}

function WalletIcon({
  icon,
  isDevelopment,
}: {
  readonly icon: string | undefined;
  readonly isDevelopment: boolean;
}): ReactElement {
  if (isDevelopment) return <FlaskConical aria-hidden className="size-6 text-warning" />;
  // A data URI that the wallet announces: there is nothing that an image service could do better.
  if (icon?.startsWith("data:image/") === true) return <img src={icon} alt="" className="size-6 rounded" />;
  return <Wallet aria-hidden className="size-6 text-muted" />;
}
