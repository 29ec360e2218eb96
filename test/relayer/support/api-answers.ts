import {
  type DeploymentStatus,
  type HistoryLease,
  type LeaseEvent,
  type LogLine,
  type RelayedRequest,
  type ReplicaStats,
} from "@fizz/protocol/messages";
import { ALL_SESSION_KEYS, type SignedRevocation } from "@fizz/protocol/typed-data";
import { type HistoryBackend } from "../../../relayer/src/history-ports.ts";
import { type Backend } from "../../../relayer/src/ports.ts";
import { sampleOrder, sampleQuote } from "../../support/sample-order.ts";
import { CONTRACTS, hash, nodeFacts } from "./builders.ts";
import { directoryWorld } from "./directory-world.ts";

export const SIGNATURE = `0x${"11".repeat(65)}` as const;
const { owner } = nodeFacts();
const RECEIPT = {
  receipt: { lid: 1n, leaseHash: hash(0xaa), manifestHash: hash(0xbb) },
  signature: SIGNATURE,
};
export const LINE: LogLine = {
  service: "web",
  replica: 0,
  stream: "stdout",
  at: 5,
  text: "hello",
  cursor: "c/stdout@5.0.0",
};
export const REVOCATION: SignedRevocation = {
  revocation: { tenant: owner, nodeId: 1n, leaseHash: hash(0xaa), sessionKey: ALL_SESSION_KEYS, upTo: 9 },
  signature: SIGNATURE,
};
const EVENT: LeaseEvent = { cursor: 1, at: 5, code: "image.pulled", message: "done", service: "web" };
export const TAKEN: RelayedRequest = {
  ...{ id: hash(1), signer: owner, nonce: 2n ** 200n, state: "failed", txHash: null, block: 5n },
  ...{ code: "TX_REVERTED", reason: "no", receivedAt: 3 },
};
export const REQUEST = {
  request: { from: owner, to: owner, value: 0n, gas: 1n, nonce: 7n, deadline: 5, data: "0x12" },
  signature: SIGNATURE,
};
const REPLICA: ReplicaStats = {
  ...{ service: "web", replica: 0, restarts: 0, limits: { milliCpu: 500, memoryBytes: 5 } },
  usage: {
    ...{ milliCpu: null, memoryBytes: 1, receivedBytes: 1, sentBytes: 1 },
    ...{ readBytes: 1, writtenBytes: 1, pids: 1 },
  },
};
const STATUS: DeploymentStatus = {
  ...{ lid: 1n, leaseHash: hash(0xaa), state: "active", nodeId: 1n, operator: owner },
  ...{ manifestHash: hash(0xbb), version: 1, replicas: { ready: 1, total: 1 }, endpoints: [] },
  services: [
    {
      ...{ service: "web", replica: 0, state: "running", ready: true },
      ...{ restarts: 0, exitCode: null, startedAt: 5 },
    },
  ],
  ...{ openPart: { a: [1] }, openSalt: hash(1), sealedPartHash: hash(2) },
};

/** A backend that has an answer to every call, and real nodes in its directory. */
export async function answeringBackend(orFail: <Value>(value: Value) => Promise<Value>): Promise<Backend> {
  const world = directoryWorld();
  await world.join(1n);
  await world.join(2n);
  const quote = sampleQuote(sampleOrder(), hash(3));
  const part = { name: "price", points: 5, max: 10, why: "cheap" };
  const inputs = {
    chain: { total: 5n, used: 1n, tier: 3 },
    gateway: { free: 4n, uptimeBps: null, latencyMs: 1.5 },
  };
  return {
    health: () => ({
      ...{ status: "degraded", version: "1", nodesOnline: 1, uptimeSeconds: 1 },
      chain: { reachable: false, head: null, lastSeenAt: null },
      doors: { leases: 0, doors: 0, connections: 0 },
      history: { block: null, head: "5", lag: null, events: 0, indexing: true, reorganisations: 0 },
    }),
    network: () =>
      orFail({
        ...{ version: "1", chainId: 31_337, contracts: CONTRACTS, subnetId: 1, operator: owner },
        ...{ peerId: "p", multiaddrs: ["/ip4/127.0.0.1/tcp/1/p2p/p"], publicHost: "127.0.0.1" },
      }),
    ...{ directory: world.desk, feed: world.feed },
    quotes: () =>
      orFail({
        quotes: [{ signed: { quote, signature: SIGNATURE }, peerId: "p", score: 5, parts: [part], inputs }],
        refusals: [{ nodeId: 2n, code: "node.offline", message: "away", reasons: [] }],
        order: { openPartHash: hash(1), ceilingPerSecond: 2n ** 90n },
        round: { eligible: 1, asked: 1 },
      }),
    deliverManifest: ({ lid }) => orFail(lid === 1n ? RECEIPT : undefined),
    challenge: () => orFail({ nodeId: 1n, nonce: hash(4), expiresAt: 5 }),
    revoke: () =>
      orFail({ receipt: { receipt: { revocation: hash(5), at: 5 }, signature: SIGNATURE }, ended: 2 }),
    status: () => orFail(STATUS),
    logs: async function* () {
      yield await orFail([LINE, LINE]);
    },
    events: async function* () {
      yield await orFail([EVENT]);
    },
    stats: async function* () {
      yield await orFail([{ at: 5, replicas: [{ ...REPLICA, usage: null }, REPLICA] }]);
    },
  };
}

/** A history that has an answer to every call. */
export function answeringHistory(orFail: <Value>(value: Value) => Promise<Value>): HistoryBackend {
  const place = { block: 5n, blockHash: hash(5), txHash: hash(6), time: 7, final: true };
  const asOf = {
    ...{ chainId: 31_337, market: CONTRACTS.leaseMarket, block: 9n, blockHash: hash(9), time: 9 },
    ...{ finalBlock: 7n, afterBlock: 0n, completeSince: 0, head: null },
  };
  const lease: HistoryLease = {
    ...{ lid: 1n, leaseHash: hash(1), tenant: owner, nodeId: 1n, subnetId: 1, token: owner, state: "closed" },
    ...{
      version: 1,
      manifestHash: hash(2),
      ratePerSecond: 2n ** 90n,
      pendingRate: null,
      locked: 1n,
      toppedUp: 0n,
    },
    ...{
      paid: 1n,
      toNode: 1n,
      refunded: 0n,
      balance: 0n,
      downtimeSeconds: 0,
      startedAt: 5,
      closableAt: null,
    },
    ...{ closedAt: 6, reason: 1, opened: place, last: place },
  };
  const amounts = { released: 2n ** 200n, collected: 0n };
  const events = [{ ...place, logIndex: 0, event: "LeaseOpened", args: { lid: "1" } } as const];
  const day = { ...amounts, day: "2026-11-30", token: owner, settlements: 1, protocol: amounts, last: place };
  return {
    leases: () => orFail({ asOf, leases: [lease], nextCursor: "abc" }),
    leaseHistory: () => orFail({ asOf, lease, events, nextCursor: null }),
    earnings: () => orFail({ asOf, days: [day, { ...day, protocol: null }], nextCursor: null }),
  };
}
