"use client";

import { leaseMarketAbi } from "@fizz/protocol/chain";
import { type Address, zeroAddress } from "viem";
import { useReadContract } from "wagmi";
import { useNetwork } from "../../network/network-context.tsx";

const REFRESH_MS = 5_000;

export interface Escrow {
  /** Wei that can be withdrawn or spent on leases. */
  readonly free: bigint;
}

/** The escrow account of a wallet; undefined until it is read. */
export function useEscrow(account: Address | undefined): {
  readonly escrow: Escrow | undefined;
  readonly refetch: () => void;
} {
  const { contracts } = useNetwork();
  const query = useReadContract({
    address: contracts.leaseMarket,
    abi: leaseMarketAbi,
    functionName: "accountOf",
    args: [account ?? zeroAddress, zeroAddress],
    query: { enabled: account !== undefined, refetchInterval: REFRESH_MS },
  });
  const free = query.data;
  return {
    escrow: free === undefined ? undefined : { free },
    refetch: () => {
      void query.refetch();
    },
  };
}
