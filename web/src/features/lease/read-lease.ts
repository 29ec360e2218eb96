import { type ChainLeaseState, leaseMarketAbi, leaseStateOf } from "@fizz/protocol/chain";
import { type Rate, rate } from "@fizz/protocol/units";
import type { Address, Hex } from "viem";
import type { Config } from "wagmi";
import { readContract } from "wagmi/actions";

/** A lease as the chain has it now. Times are Unix seconds, amounts wei. */
export interface LeaseView {
  readonly lid: bigint;
  readonly state: ChainLeaseState;
  readonly tenant: Address;
  readonly nodeId: bigint;
  readonly ratePerSecond: Rate;
  readonly version: number;
  readonly leaseHash: Hex;
  readonly manifestHash: Hex;
  /** Start deadline while open, end of the notice while reclaiming; otherwise 0. */
  readonly deadline: number;
  /** When the prepaid balance is used up; 0 before the start and after the end. */
  readonly paidUntil: number;
  /** What a close now would give back. */
  readonly refund: bigint;
  /** What a close now would still pay to the node. */
  readonly earned: bigint;
}

/** Reads a lease; undefined when there is none with this number. */
export async function readLease(
  config: Config,
  market: Address,
  lid: bigint,
): Promise<LeaseView | undefined> {
  const contract = { address: market, abi: leaseMarketAbi, args: [lid] } as const;
  const lease = await readContract(config, { ...contract, functionName: "leaseOf" });
  const state = leaseStateOf(lease.state);
  if (state === "none") return undefined;
  const isOver = state === "closed";
  const [paidUntil, [earned, refund]] = await Promise.all([
    isOver ? 0n : readContract(config, { ...contract, functionName: "paidUntil" }),
    isOver ? ([0n, 0n] as const) : readContract(config, { ...contract, functionName: "previewClose" }),
  ]);
  const { tenant, nodeId, ratePerSecond, version, leaseHash, manifestHash, deadline } = lease;
  return {
    lid,
    state,
    tenant,
    nodeId,
    ratePerSecond: rate(ratePerSecond),
    version,
    leaseHash,
    manifestHash,
    deadline,
    paidUntil: Number(paidUntil),
    refund,
    earned,
  };
}
