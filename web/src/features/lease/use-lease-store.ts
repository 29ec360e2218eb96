"use client";

import { useMemo } from "react";
import { useNetwork } from "../../network/network-context.tsx";
import { LeaseStore } from "./lease-store.ts";

/** The records of this page's network. */
export function useLeaseStore(): LeaseStore {
  const { chainId, contracts } = useNetwork();
  return useMemo(
    () => new LeaseStore(localStorage, { chainId, market: contracts.leaseMarket }),
    [chainId, contracts],
  );
}
