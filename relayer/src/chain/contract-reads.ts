import {
  leaseMarketAbi,
  leaseStateOf,
  nodeRegistryAbi,
  nodeStatusOf,
  subnetRegistryAbi,
} from "@fizz/protocol/chain";
import { type ContractAddresses } from "@fizz/protocol/messages";
import { type Address, hexToString, type PublicClient } from "viem";
import { type GatewayIdentity, type LeaseFacts, type NodeFacts, type PendingManifest } from "../ports.ts";

export interface ReadContext {
  readonly client: PublicClient;
  readonly contracts: ContractAddresses;
}

/** @returns undefined while the operator runs no subnet. */
export async function readIdentity(
  { client, contracts }: ReadContext,
  operator: Address,
): Promise<GatewayIdentity | undefined> {
  const subnets = { address: contracts.subnetRegistry, abi: subnetRegistryAbi } as const;
  const market = { address: contracts.leaseMarket, abi: leaseMarketAbi } as const;
  const nodes = { address: contracts.nodeRegistry, abi: nodeRegistryAbi } as const;
  const [chainId, subnetId, protocolCutBps, slasher] = await Promise.all([
    client.getChainId(),
    client.readContract({ ...subnets, functionName: "subnetIdOf", args: [operator] }),
    client.readContract({ ...market, functionName: "protocolCutBps" }),
    client.readContract({ ...nodes, functionName: "slasher" }),
  ]);
  if (subnetId === 0) return undefined;
  const [, subnetCutBps, subnetActive] = await client.readContract({
    ...subnets,
    functionName: "cutOf",
    args: [subnetId],
  });
  return { chainId, subnetId, subnetActive, subnetCutBps, protocolCutBps, slasher };
}

/** @returns undefined when the operator serves no node. */
export async function readNode(
  { client, contracts }: ReadContext,
  operator: Address,
  subnetId: number,
): Promise<NodeFacts | undefined> {
  const registry = { address: contracts.nodeRegistry, abi: nodeRegistryAbi } as const;
  const nodeId = await client.readContract({ ...registry, functionName: "nodeIdOf", args: [operator] });
  if (nodeId === 0n) return undefined;
  const market = { address: contracts.leaseMarket, abi: leaseMarketAbi } as const;
  const [node, [joined, acceptedCutBps], used, strikes] = await Promise.all([
    client.readContract({ ...registry, functionName: "nodeOf", args: [nodeId] }),
    client.readContract({ ...registry, functionName: "membershipOf", args: [nodeId, subnetId] }),
    client.readContract({ ...market, functionName: "usedOf", args: [nodeId] }),
    client.readContract({ ...market, functionName: "strikesOf", args: [nodeId] }),
  ]);
  return {
    nodeId,
    owner: node.owner,
    operator: node.operator,
    mode: node.mode === 0 ? "fizz" : "provider",
    status: nodeStatusOf(node.status),
    region: hexToString(node.region, { size: 16 }),
    cpuTier: node.cpuTier,
    gpuTier: node.gpuTier,
    total: node.resources,
    used,
    joined,
    acceptedCutBps,
    strikes,
  };
}

/** @param blockNumber Undefined for the head. @returns undefined when there is no such lease. */
export async function readLease(
  { client, contracts }: ReadContext,
  lid: bigint,
  blockNumber: bigint | undefined,
): Promise<LeaseFacts | undefined> {
  const lease = await client.readContract({
    address: contracts.leaseMarket,
    abi: leaseMarketAbi,
    functionName: "leaseOf",
    args: [lid],
    ...(blockNumber === undefined ? {} : { blockNumber }),
  });
  const state = leaseStateOf(lease.state);
  if (state === "none") return undefined;
  return {
    lid,
    tenant: lease.tenant,
    nodeId: lease.nodeId,
    subnetId: lease.subnetId,
    state,
    version: lease.version,
    leaseHash: lease.leaseHash,
    manifestHash: lease.manifestHash,
    deadline: lease.deadline,
  };
}

/** @returns undefined when no update waits for the node. */
export async function readPendingManifest(
  { client, contracts }: ReadContext,
  lid: bigint,
): Promise<PendingManifest | undefined> {
  const update = await client.readContract({
    address: contracts.leaseMarket,
    abi: leaseMarketAbi,
    functionName: "pendingUpdateOf",
    args: [lid],
  });
  return update.version === 0 ? undefined : { version: update.version, manifestHash: update.manifestHash };
}
