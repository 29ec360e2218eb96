import { leaseMarketAbi } from "@fizz/protocol/chain";
import { ProtocolError } from "@fizz/protocol/errors";
import { nameOfReason } from "@fizz/protocol/reasons";
import { getAbiItem, type Hex } from "viem";
import { type Chain } from "../chain/chain.ts";
import { chainTime, findLease, type Lease } from "../chain/lease-market.ts";
import { type Context } from "../context.ts";
import { backOff, pause } from "../pause.ts";

const POLL_MS = 1_000;

export interface UpdateWait {
  readonly lease: Lease;
  readonly version: number;
  readonly manifestHash: Hex;
  /** Unix seconds on the chain's clock. */
  readonly expiresAt: number;
  /** Block of the request: an answer is not older. */
  readonly fromBlock: bigint;
}

/**
 * Waits until the node runs the new version. A chain that is away is waited for.
 *
 * @throws ProtocolError NODE_REFUSED, TIMEOUT: the old version runs on. LEASE_WRONG_STATE when the lease was closed.
 */
export async function waitForUpdate(context: Context, wait: UpdateWait): Promise<Lease> {
  const chain = await context.chain();
  for (let failures = 0; ;) {
    try {
      const lease = await updatedLease(chain, wait);
      if (lease !== undefined) return lease;
      failures = 0;
    } catch (error) {
      context.signal.throwIfAborted();
      if (!(error instanceof ProtocolError) || error.code !== "CHAIN_UNREACHABLE") throw error;
      if (failures === 0) context.terminal.note(`${error.message} Trying again.`);
      failures += 1;
    }
    await pause(failures === 0 ? POLL_MS : backOff(failures), context.signal);
  }
}

/** The lease once it is updated; undefined while the node works on it. */
async function updatedLease(chain: Chain, wait: UpdateWait): Promise<Lease | undefined> {
  const { version, manifestHash } = wait;
  const { lid, nodeId } = wait.lease;
  const lease = await findLease(chain, lid);
  if (lease?.version === version && lease.manifestHash === manifestHash) return lease;
  if (lease?.state === "closed")
    throw new ProtocolError("LEASE_WRONG_STATE", `Lease ${lid} was closed meanwhile.`);
  const dropped = await dropReason(chain, wait);
  if (dropped !== undefined) {
    const reason = nameOfReason(dropped);
    const message = `Node ${nodeId} did not take version ${version}: ${reason}. Version ${version - 1} runs on.`;
    throw new ProtocolError("NODE_REFUSED", message, { details: { reason, reasonCode: dropped } });
  }
  if ((await chainTime(chain)) <= wait.expiresAt) return undefined;
  const message = `The node did not confirm version ${version} in time. Version ${version - 1} runs on.`;
  throw new ProtocolError("TIMEOUT", message);
}

/** Reason for which the update was dropped; undefined while it waits. */
async function dropReason(
  chain: Chain,
  { lease, version, fromBlock }: UpdateWait,
): Promise<number | undefined> {
  const event = getAbiItem({ abi: leaseMarketAbi, name: "UpdateDropped" });
  const filter = { address: chain.contracts.leaseMarket, event, args: { lid: lease.lid } };
  const logs = await chain.ask(chain.client.getLogs({ ...filter, fromBlock, toBlock: "latest" }));
  return logs.findLast(({ args }) => args.version === version)?.args.reason;
}
