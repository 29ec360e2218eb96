"use client";

import { CircleAlert, Wallet } from "lucide-react";
import dynamic from "next/dynamic";
import { type ReactElement, useState } from "react";
import { useConnection, useConnectionEffect } from "wagmi";
import { shortHex } from "../../format/format.ts";
import { useNetwork, useNetworkIfReady } from "../../network/network-context.tsx";
import { Button } from "../../ui/button.tsx";
import { Spinner } from "../../ui/spinner.tsx";
import { ConnectDialog } from "./connect-dialog.tsx";
import { useSwitchToNetwork } from "./use-switch-to-network.ts";

// The escrow account, its transactions and the contracts' ABI are not needed before somebody opens it.
const AccountDialog = dynamic(async () => (await import("../escrow/account-dialog.tsx")).AccountDialog, {
  ssr: false,
});

export function WalletButton(): ReactElement {
  if (useNetworkIfReady() === undefined)
    return (
      <Button disabled>
        <Wallet aria-hidden /> Connect wallet
      </Button>
    );
  return <ReadyWalletButton />;
}

function ReadyWalletButton(): ReactElement {
  const { chainId, chainName } = useNetwork();
  const connection = useConnection();
  const [dialog, setDialog] = useState<"connect" | "account">();
  const switching = useSwitchToNetwork();
  useConnectionEffect({
    onDisconnect: () => {
      setDialog(undefined);
    },
  });
  const onOpenChange = (open: boolean): void => {
    if (!open) setDialog(undefined);
  };
  const isWrongChain = connection.status === "connected" && connection.chainId !== chainId;
  return (
    <>
      {isWrongChain ? (
        <Button look="primary" onClick={switching.switchChain} disabled={switching.isPending}>
          {switching.isPending ? <Spinner /> : <CircleAlert aria-hidden />} Switch to {chainName}
        </Button>
      ) : (
        <Button
          look={connection.status === "disconnected" ? "primary" : "secondary"}
          onClick={() => {
            setDialog(connection.status === "connected" ? "account" : "connect");
          }}
        >
          <ButtonFace status={connection.status} address={connection.address} />
        </Button>
      )}
      <ConnectDialog
        open={dialog === "connect" && connection.status !== "connected"}
        onOpenChange={onOpenChange}
      />
      {dialog === "account" ? (
        <AccountDialog
          onClose={() => {
            setDialog(undefined);
          }}
        />
      ) : null}
    </>
  );
}

interface ButtonFaceProps {
  readonly status: ReturnType<typeof useConnection>["status"];
  readonly address: string | undefined;
}

function ButtonFace({ status, address }: ButtonFaceProps): ReactElement {
  if (status === "connected" && address !== undefined)
    return (
      <>
        <span aria-hidden className="size-2 rounded-full bg-success" />
        <span className="sr-only">Wallet </span>
        <span className="font-mono">{shortHex(address)}</span>
      </>
    );
  return (
    <>
      {status === "disconnected" ? <Wallet aria-hidden /> : <Spinner />}
      {status === "disconnected" ? "Connect wallet" : "Connecting…"}
    </>
  );
}
