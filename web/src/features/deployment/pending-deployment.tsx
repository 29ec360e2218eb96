"use client";

import { useQuery } from "@tanstack/react-query";
import { useRouter } from "next/navigation";
import { type ReactElement, useEffect } from "react";
import { isHex } from "viem";
import { useConfig } from "wagmi";
import { describeError } from "../../chain/describe-error.ts";
import { useNetwork } from "../../network/network-context.tsx";
import { Card } from "../../ui/card.tsx";
import { Notice } from "../../ui/notice.tsx";
import { PageTitle } from "../../ui/page-title.tsx";
import type { LeaseRecord } from "../lease/lease-record.ts";
import { useLeaseStore } from "../lease/use-lease-store.ts";
import { NotThere } from "./not-there.tsx";
import { PhaseList } from "./phase-list.tsx";
import { phasesOf } from "./phases.ts";
import { resolveLid } from "./resolve-lease.ts";

const RETRY_MS = 2_000;

/** A lease whose transaction was sent and is not in a block yet. */
export function PendingDeployment({ leaseHash }: { readonly leaseHash: string }): ReactElement {
  const store = useLeaseStore();
  const record = isHex(leaseHash) ? store.find(leaseHash) : undefined;
  if (record === undefined)
    return (
      <NotThere title="This browser does not know that lease.">
        It was opened in another browser. Look in your deployments: the list comes from the chain.
      </NotThere>
    );
  return <PendingRecord record={record} />;
}

function PendingRecord({ record }: { readonly record: LeaseRecord }): ReactElement {
  const config = useConfig();
  const { contracts } = useNetwork();
  const store = useLeaseStore();
  const router = useRouter();
  const query = useQuery({
    queryKey: ["resolve", record.leaseHash],
    refetchInterval: RETRY_MS,
    queryFn: async () => (await resolveLid(config, contracts.leaseMarket, record)) ?? null,
  });
  const lid = query.data;
  useEffect(() => {
    if (typeof lid !== "bigint") return;
    store.patch(record.leaseHash, { lid: lid.toString() });
    router.replace(`/deployment?lid=${lid}`);
  }, [lid, record.leaseHash, router, store]);
  const phases = phasesOf({ record, lease: undefined, history: undefined, events: [], status: undefined });
  return (
    <>
      <PageTitle title={record.name}>
        The transaction is on its way. A reload of this page goes on from here.
      </PageTitle>
      {query.isError ? (
        <Notice tone="danger" title="The lease is not on chain.">
          {describeError(query.error).message}
        </Notice>
      ) : null}
      <Card title="Progress">
        <PhaseList phases={phases} />
      </Card>
    </>
  );
}
