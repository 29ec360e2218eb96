"use client";

import { nameOfReason } from "@fizz/protocol/reasons";
import type { ReactElement } from "react";
import { coin, coinPerHour, dateTime, duration, shortHex } from "../../format/format.ts";
import { useNetwork } from "../../network/network-context.tsx";
import { Card } from "../../ui/card.tsx";
import { Facts } from "../../ui/facts.tsx";
import { useNow } from "../../ui/use-now.ts";
import type { LeaseHistory } from "../lease/read-lease-history.ts";
import type { LeaseView } from "../lease/read-lease.ts";

interface LeaseCardProps {
  readonly lease: LeaseView;
  readonly history: LeaseHistory | undefined;
}

/** The agreement in figures. */
export function LeaseCard({ lease, history }: LeaseCardProps): ReactElement {
  const now = useNow();
  const facts = [
    { label: "Price", value: coinPerHour(lease.ratePerSecond) },
    ...timeFacts(lease, now),
    ...closeFacts(history),
    { label: "Manifest version", value: String(lease.version) },
    { label: "Manifest hash", value: <Hash text={lease.manifestHash} /> },
    { label: "Lease hash", value: <Hash text={lease.leaseHash} /> },
    { label: "Opened in", value: <Transaction hash={history?.openedIn} /> },
  ];
  return (
    <Card title="Lease">
      <Facts facts={facts} />
    </Card>
  );
}

function timeFacts(lease: LeaseView, now: number): { label: string; value: string }[] {
  const left = (until: number): string => duration(until - now / 1_000);
  if (lease.state === "open") return [{ label: "The node must start within", value: left(lease.deadline) }];
  if (lease.paidUntil === 0) return [];
  return [
    { label: "Funded until", value: dateTime(lease.paidUntil * 1_000) },
    { label: "Time left", value: left(lease.paidUntil) },
    { label: "Not used yet", value: coin(lease.refund, 9) },
  ];
}

function closeFacts(history: LeaseHistory | undefined): { label: string; value: string }[] {
  if (history?.closedAt === undefined) return [];
  return [
    { label: "Closed", value: dateTime(history.closedAt) },
    { label: "Reason", value: nameOfReason(history.closeReason ?? 0) },
    { label: "Refunded to your escrow account", value: coin(history.refunded ?? 0n, 9) },
  ];
}

function Hash({ text }: { readonly text: string }): ReactElement {
  return (
    <span className="font-mono" title={text}>
      {shortHex(text)}
    </span>
  );
}

function Transaction({ hash }: { readonly hash: string | undefined }): ReactElement {
  const { explorerUrl } = useNetwork();
  if (hash === undefined) return <>…</>;
  if (explorerUrl === undefined) return <Hash text={hash} />;
  return (
    <a href={`${explorerUrl}/tx/${hash}`} target="_blank" rel="noreferrer" className="text-primary underline">
      <Hash text={hash} />
    </a>
  );
}
