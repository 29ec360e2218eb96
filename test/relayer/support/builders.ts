import { packResources } from "@fizz/protocol/manifest";
import { type ManifestDelivery, type Offer } from "@fizz/protocol/messages";
import { type Address, type Hex, zeroAddress } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { type HttpLimit, type HttpMeter } from "../../../relayer/src/http-ports.ts";
import { type LeaseFacts, type Logger, type NodeFacts, type NodeView } from "../../../relayer/src/ports.ts";

export const MARKET: Address = "0x5FbDB2315678afecb367f032d93F642f64180aa3";
export const SLASHER: Address = "0xDc64a140Aa3E981100a9becA4E685f962f0cF6C9";
export const CONTRACTS = {
  nodeRegistry: "0xe7f1725E7734CE288F8367e1Bb143E90bb3F0512",
  subnetRegistry: "0x9fE46736679d2D9a65F0992F2272dE9f3c7fa6e0",
  leaseMarket: MARKET,
} as const;

/** A private key of tests, made of one byte. */
export function testKey(byte: number): Hex {
  return `0x${byte.toString(16).padStart(2, "0").repeat(32)}`;
}

export function hash(byte: number): Hex {
  return testKey(byte);
}

const ROOMY = { milliCpu: 8_000, memoryMiB: 16_384, storageGiB: 100, gpuUnits: 0, gpuModel: 0 };

export function offer(changes: Partial<Offer> = {}): Offer {
  const total = packResources(ROOMY);
  const prices = {
    token: zeroAddress,
    cpuPerHour: 1n,
    memoryGiBPerHour: 1n,
    storageGiBPerHour: 1n,
    gpuPerHour: {},
  };
  return { total, free: total, leases: 0, maxLeases: 10, acceptsOrders: true, prices, ...changes };
}

export function nodeFacts(changes: Partial<NodeFacts> = {}): NodeFacts {
  return {
    nodeId: 1n,
    owner: "0x70997970C51812dc3A010C7d01b50e0d17dc79C8",
    operator: privateKeyToAccount(testKey(1)).address,
    mode: "fizz",
    status: "active",
    region: "eu-west",
    cpuTier: 3,
    gpuTier: 0,
    total: packResources(ROOMY),
    used: 0n,
    joined: true,
    acceptedCutBps: 500,
    strikes: 0,
    ...changes,
  };
}

export function nodeView(changes: Partial<NodeView> = {}): NodeView {
  return {
    facts: changes.facts ?? nodeFacts(),
    peerId: "16Uiu2HAm7y4wLLNsMjdvS9dKgbXmmmDr8TaiL2HWZrd6sRFZqGZM",
    online: true,
    agentVersion: "0.1.0",
    connectedAt: 0,
    lastSeenAt: 0,
    latencyMs: 10,
    uptimeBps: null,
    offer: offer(),
    offerAt: 0,
    stale: false,
    ...changes,
  };
}

export function leaseFacts(changes: Partial<LeaseFacts> = {}): LeaseFacts {
  return {
    lid: 1n,
    tenant: "0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC",
    nodeId: 1n,
    subnetId: 1,
    state: "active",
    version: 1,
    leaseHash: hash(0xaa),
    manifestHash: hash(0xbb),
    deadline: 2_000_000_000,
    ...changes,
  };
}

export function delivery(changes: Partial<ManifestDelivery> = {}): ManifestDelivery {
  return {
    lid: 1n,
    leaseHash: hash(0xaa),
    version: 1,
    manifestHash: hash(0xbb),
    quoteNonce: 7n,
    openPart: { any: "thing" },
    openSalt: hash(0xcc),
    sealed: { enc: hash(0xdd), ciphertext: "0x1234" },
    ...changes,
  };
}

/** A logger that keeps its events. */
export function memoryLogger(): Logger & { readonly events: string[] } {
  const events: string[] = [];
  const note = (fields: object): void => {
    if ("event" in fields) events.push(String(fields.event));
  };
  const logger = { events, debug: note, info: note, warn: note, error: note, child: () => logger };
  return logger;
}

/** Notes which limits of the HTTP API kept calls out. */
export function memoryHttpMeter(): HttpMeter & { readonly limits: HttpLimit[] } {
  const limits: HttpLimit[] = [];
  return { limits, limited: (limit) => limits.push(limit) };
}

/** Waits until something holds. */
export async function eventually(check: () => boolean | Promise<boolean>, timeoutMs = 30_000): Promise<void> {
  const until = Date.now() + timeoutMs;
  while (!(await check())) {
    if (Date.now() > until) throw new Error("It did not come true in time.");
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
