"use client";

import { Rocket, ServerOff } from "lucide-react";
import Link from "next/link";
import type { ReactElement } from "react";
import { coin, cpus, memory } from "../../format/format.ts";
import { NetworkGate } from "../../network/network-gate.tsx";
import { useNetwork } from "../../network/network-context.tsx";
import { Badge, Dot } from "../../ui/badge.tsx";
import { buttonClass } from "../../ui/button.tsx";
import { Card } from "../../ui/card.tsx";
import { EmptyState } from "../../ui/empty-state.tsx";
import { PageTitle } from "../../ui/page-title.tsx";
import { Loading } from "../../ui/spinner.tsx";
import type { NodesSnapshot } from "./nodes-feed.ts";
import { NodesList } from "./nodes-list.tsx";
import { type SubnetTotals, totalsOf } from "./subnet-totals.ts";
import { useNodesFeed } from "./use-nodes-feed.ts";

export function Overview(): ReactElement {
  return (
    <main className="mx-auto flex w-full max-w-7xl flex-col gap-6 px-4 py-8 sm:px-6">
      <PageTitle
        title="Compute from the community, by the second"
        actions={
          <Link href="/deploy" className={buttonClass("primary")}>
            <Rocket aria-hidden /> New deployment
          </Link>
        }
      >
        People lend spare CPU, memory, disk and GPU. Describe what should run, take a signed quote, and pay
        only for the time that it runs.
      </PageTitle>
      <NetworkGate>
        <SubnetNodes />
      </NetworkGate>
    </main>
  );
}

function SubnetNodes(): ReactElement {
  const { subnetId, gatewayUrl } = useNetwork();
  const feed = useNodesFeed();
  return (
    <>
      {feed.nodes === undefined ? null : <Totals totals={totalsOf(feed.nodes)} />}
      <Card
        title={`Nodes of subnet ${subnetId}`}
        description={`Live from the gateway at ${gatewayUrl}.`}
        actions={<FeedBadge state={feed.state} />}
        bodyClassName="p-0 pt-3"
      >
        <NodesBody feed={feed} />
      </Card>
    </>
  );
}

function NodesBody({ feed }: { readonly feed: NodesSnapshot }): ReactElement {
  if (feed.nodes !== undefined && feed.nodes.length > 0) return <NodesList rows={feed.nodes} />;
  if (feed.nodes !== undefined)
    return (
      <EmptyState icon={ServerOff} title="No node has joined this subnet yet.">
        A node shows up here within seconds of its start. Run one on a spare machine with{" "}
        <code>npm run node</code>.
      </EmptyState>
    );
  if (feed.state === "unreachable")
    return (
      <EmptyState icon={ServerOff} title="The gateway does not answer.">
        The list of nodes appears as soon as it is back; the page keeps trying.
      </EmptyState>
    );
  return <Loading>Asking the gateway for its nodes…</Loading>;
}

function FeedBadge({ state }: { readonly state: NodesSnapshot["state"] }): ReactElement {
  const looks = {
    connecting: ["neutral", "connecting"],
    live: ["success", "live"],
    unreachable: ["danger", "not reachable, retrying"],
  } as const;
  const [tone, text] = looks[state];
  return (
    <Badge tone={tone}>
      <Dot tone={tone} /> {text}
    </Badge>
  );
}

function Totals({ totals }: { readonly totals: SubnetTotals }): ReactElement {
  const { lowestCpuPerHour } = totals;
  const tiles = [
    ["Nodes online", `${totals.online} of ${totals.nodes}`],
    ["CPU free", `${cpus(totals.freeMilliCpu)} of ${cpus(totals.totalMilliCpu)}`],
    ["Memory free", `${memory(totals.freeMemoryMiB)} of ${memory(totals.totalMemoryMiB)}`],
    [
      "Lowest price of a CPU",
      lowestCpuPerHour === undefined ? "no offer now" : `${coin(lowestCpuPerHour)} / h`,
    ],
  ] as const;
  return (
    <dl className="grid grid-cols-2 gap-3 lg:grid-cols-4">
      {tiles.map(([label, value]) => (
        <div key={label} className="rounded-2xl border border-border bg-surface px-4 py-3.5">
          <dt className="text-sm text-muted">{label}</dt>
          <dd className="mt-1 text-lg font-semibold tracking-tight tabular-nums">{value}</dd>
        </div>
      ))}
    </dl>
  );
}
