import { type Address, type Hex, isAddress, isHex } from "viem";

/**
 * What this browser keeps of a lease, so that a reload in the middle goes on where it was. Quote, order and receipt
 * are kept as they travel and are read again with their schemas when they are used.
 */
export interface LeaseRecord {
  readonly leaseHash: Hex;
  readonly tenant: Address;
  readonly nodeId: string;
  readonly nodePeerId: string;
  /** Name of the manifest, for people. */
  readonly name: string;
  readonly prepaidSeconds: number;
  readonly salt: Hex;
  readonly signedQuote: unknown;
  /** The manifest in both parts; dropped once the node runs it, since its environment may hold secrets. */
  readonly order?: unknown;
  /** Unix milliseconds. */
  readonly createdAt: number;
  readonly transactionHash?: Hex;
  readonly submittedAt?: number;
  readonly lid?: string;
  readonly deliveredAt?: number;
  /** The node's receipt: with it a missed start costs the node, not the tenant. */
  readonly receipt?: unknown;
}

/** Reads a record that was stored earlier, perhaps by another version; undefined when it is of no use. */
export function readLeaseRecord(value: unknown): LeaseRecord | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { leaseHash, tenant, salt } = value as Record<string, unknown>;
  const { nodeId, nodePeerId, name, prepaidSeconds, createdAt } = value as Record<string, unknown>;
  const isUsable =
    isBytes32(leaseHash) &&
    isBytes32(salt) &&
    typeof tenant === "string" &&
    isAddress(tenant) &&
    [nodeId, nodePeerId, name].every((text) => typeof text === "string") &&
    [prepaidSeconds, createdAt].every((number) => typeof number === "number");
  return isUsable ? (value as LeaseRecord) : undefined;
}

function isBytes32(value: unknown): boolean {
  return isHex(value) && value.length === 66;
}
