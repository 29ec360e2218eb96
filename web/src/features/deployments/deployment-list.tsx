"use client";

import { useQuery } from "@tanstack/react-query";
import { Boxes, Wallet } from "lucide-react";
import Link from "next/link";
import type { ReactElement } from "react";
import type { Address } from "viem";
import { useConfig, useConnection } from "wagmi";
import { coin, coinPerHour, dateTime } from "../../format/format.ts";
import { useNetwork } from "../../network/network-context.tsx";
import { Badge } from "../../ui/badge.tsx";
import { buttonClass } from "../../ui/button.tsx";
import { Card } from "../../ui/card.tsx";
import { CopyLine } from "../../ui/copy-text.tsx";
import { EmptyState } from "../../ui/empty-state.tsx";
import { Notice } from "../../ui/notice.tsx";
import { Loading } from "../../ui/spinner.tsx";
import { findLeasesOf } from "../lease/find-leases.ts";
import { stateTone } from "../lease/state-tone.ts";
import { type LeaseView, readLease } from "../lease/read-lease.ts";
import { useLeaseStore } from "../lease/use-lease-store.ts";
import { PendingLeases } from "./pending-leases.tsx";

const REFRESH_MS = 5_000;
/** Most leases that are shown; the newest come first. */
const MAX_SHOWN = 50;

export function DeploymentList(): ReactElement {
  const { address } = useConnection();
  if (address === undefined)
    return (
      <Card bodyClassName="p-0">
        <EmptyState icon={Wallet} title="No wallet is connected.">
          Connect the wallet that opened your leases; the list comes from the chain.
        </EmptyState>
      </Card>
    );
  return <ListOf tenant={address} />;
}

function ListOf({ tenant }: { readonly tenant: Address }): ReactElement {
  const config = useConfig();
  const { contracts } = useNetwork();
  const store = useLeaseStore();
  const query = useQuery({
    queryKey: ["leases", contracts.leaseMarket, tenant],
    refetchInterval: REFRESH_MS,
    queryFn: async () => {
      const found = await findLeasesOf(config.getClient(), contracts.leaseMarket, tenant);
      const reads = found.slice(0, MAX_SHOWN).map(({ lid }) => readLease(config, contracts.leaseMarket, lid));
      return {
        total: found.length,
        leases: (await Promise.all(reads)).filter((lease) => lease !== undefined),
      };
    },
  });
  if (query.data === undefined)
    return query.isError ? (
      <Notice tone="danger" title="Your leases cannot be read.">
        The chain does not answer. This page tries again every few seconds.
      </Notice>
    ) : (
      <Loading>Reading your leases from the chain…</Loading>
    );
  const { leases, total } = query.data;
  const names = new Map(store.list().map((record) => [record.leaseHash, record.name]));
  return (
    <>
      <PendingLeases tenant={tenant} known={leases} />
      <Card bodyClassName="p-0">
        {leases.length === 0 ? <NothingYet /> : null}
        <ul className="divide-y divide-border">
          {leases.map((lease) => (
            <LeaseRow key={lease.lid.toString()} lease={lease} name={names.get(lease.leaseHash)} />
          ))}
        </ul>
      </Card>
      {total > leases.length ? (
        <p className="text-sm text-muted">
          The newest {leases.length} of {total} are shown.
        </p>
      ) : null}
      <CopyLine text="npx fizz deployment list" label="Copy the command that lists deployments" />
    </>
  );
}

function NothingYet(): ReactElement {
  return (
    <EmptyState
      icon={Boxes}
      title="This wallet has no leases yet."
      action={
        <Link href="/deploy" className={buttonClass("secondary")}>
          Start with an example
        </Link>
      }
    >
      The first deployment takes about a minute, from a manifest to a public address.
    </EmptyState>
  );
}

function LeaseRow({
  lease,
  name,
}: {
  readonly lease: LeaseView;
  readonly name: string | undefined;
}): ReactElement {
  const isRunning = lease.paidUntil > 0;
  return (
    <li>
      <Link
        href={`/deployment?lid=${lease.lid}`}
        className="flex flex-wrap items-center gap-x-4 gap-y-1 px-5 py-4 hover:bg-raised/60"
      >
        <span className="font-mono text-sm text-muted">#{lease.lid.toString()}</span>
        <span className="font-medium">{name ?? "Deployment"}</span>
        <Badge tone={stateTone(lease.state)}>{lease.state}</Badge>
        <span className="ml-auto flex flex-wrap gap-x-4 text-sm text-muted tabular-nums">
          <span>node #{lease.nodeId.toString()}</span>
          <span>{coinPerHour(lease.ratePerSecond)}</span>
          {isRunning ? (
            <span>
              {coin(lease.refund)} left, funded until {dateTime(lease.paidUntil * 1_000)}
            </span>
          ) : null}
        </span>
      </Link>
    </li>
  );
}
