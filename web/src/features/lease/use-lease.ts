"use client";

import type { ChainLeaseState } from "@fizz/protocol/chain";
import { useQuery, type UseQueryResult } from "@tanstack/react-query";
import { useConfig } from "wagmi";
import { useNetwork } from "../../network/network-context.tsx";
import { type LeaseView, readLease } from "./read-lease.ts";
import { type LeaseHistory, readLeaseHistory } from "./read-lease-history.ts";

const REFRESH_MS = 2_000;
const REFRESH_CLOSED_MS = 30_000;

/** A lease, read again and again; while the chain is away the last reading stays. */
export function useLease(lid: bigint): UseQueryResult<LeaseView | null> {
  const config = useConfig();
  const { contracts } = useNetwork();
  return useQuery({
    queryKey: ["lease", contracts.leaseMarket, lid.toString()],
    refetchInterval: (query) => (query.state.data?.state === "closed" ? REFRESH_CLOSED_MS : REFRESH_MS),
    queryFn: async () => (await readLease(config, contracts.leaseMarket, lid)) ?? null,
  });
}

/** What happened to a lease on chain; read again whenever its state changes. */
export function useLeaseHistory(lid: bigint, state: ChainLeaseState): UseQueryResult<LeaseHistory> {
  const config = useConfig();
  const { contracts } = useNetwork();
  return useQuery({
    queryKey: ["lease-history", contracts.leaseMarket, lid.toString(), state],
    placeholderData: (previous) => previous,
    queryFn: async () => await readLeaseHistory(config.getClient(), contracts.leaseMarket, lid),
  });
}
