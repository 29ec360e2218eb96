import { packResources, type ResourceVector } from "@fizz/protocol/manifest";
import { type NodeEntry, type Offer, PULSE_MS, toWire } from "@fizz/protocol/messages";
import { leastFree } from "@fizz/protocol/scores";
import { UNPROVEN_TRUST_TIER } from "@fizz/protocol/tiers";
import { type NodeFacts, type NodeView } from "../ports.ts";

/** Silence of a node after which its offer counts as stale, in milliseconds: two pulses. */
export const STALE_AFTER_MS = 2 * PULSE_MS;
/** What a round trip must change by to be told by itself, in milliseconds and as a part of what was told. */
const TOLD_LATENCY_MS = 10;
const TOLD_LATENCY_PART = 0.25;
/** What the uptime must change by to be told by itself, in 1/10000. */
const TOLD_UPTIME_BPS = 10;

/**
 * Whether an offer may no longer hold. A node sends it anew when it changes, and each pulse in between says that it
 * has not: so what counts is when the node was heard, not when the offer came.
 */
export function isStale(lastSeenAt: number, now: number): boolean {
  return now - lastSeenAt > STALE_AFTER_MS;
}

/** One node as it is listed, sorted and told. */
export class DirectoryRecord {
  readonly entry: NodeEntry;
  readonly free: ResourceVector;
  readonly gpuModel: number;
  #json: string | undefined;

  /** @param rounds Undefined while they are not known. */
  constructor(view: NodeView, rounds?: NodeEntry["rounds"]) {
    this.free = leastFree(view.facts, view.offer.free);
    this.gpuModel = this.free.gpuModel;
    this.entry = { ...entryOf(view, this.free), ...(rounds && { rounds }) };
  }

  get json(): string {
    this.#json ??= toWire(this.entry);
    return this.#json;
  }
}

/** Whether those who follow the directory are told: not for each pulse, nor for each round trip that is a bit longer. */
export function isWorthTelling(told: NodeView | undefined, view: NodeView): boolean {
  if (told === undefined) return true;
  return (
    told.online !== view.online ||
    told.stale !== view.stale ||
    told.peerId !== view.peerId ||
    told.agentVersion !== view.agentVersion ||
    told.connectedAt !== view.connectedAt ||
    !isSameFacts(told.facts, view.facts) ||
    !isSameOffer(told.offer, view.offer) ||
    isOtherLatency(told.latencyMs, view.latencyMs) ||
    isOtherUptime(told.uptimeBps, view.uptimeBps)
  );
}

function entryOf(view: NodeView, free: ResourceVector): NodeEntry {
  const { nodeId, operator, owner, mode, status, region, cpuTier, gpuTier, total, strikes } = view.facts;
  const { peerId, online, agentVersion, connectedAt, lastSeenAt, latencyMs, uptimeBps } = view;
  const { offer, offerAt, stale } = view;
  return {
    ...{ nodeId, operator, owner, peerId, mode, status, region, cpuTier, gpuTier },
    trustTier: UNPROVEN_TRUST_TIER,
    strikes,
    online,
    acceptsOrders: takesOrders(view),
    draining: status === "draining" || status === "exiting",
    total,
    free: packResources(free),
    ...{ agentVersion, connectedAt, lastSeenAt, latencyMs, uptimeBps, offerAt, stale, offer },
  };
}

function takesOrders({ facts, online, offer }: NodeView): boolean {
  const isIn = online && facts.status === "active" && facts.joined;
  return isIn && offer.acceptsOrders && offer.leases < offer.maxLeases;
}

function isSameFacts(a: NodeFacts, b: NodeFacts): boolean {
  if (a === b) return true;
  return (Object.keys(a) as (keyof NodeFacts)[]).every((key) => a[key] === b[key]);
}

function isSameOffer(a: Offer, b: Offer): boolean {
  return a === b || toWire(a) === toWire(b);
}

function isOtherLatency(told: number | null, latencyMs: number | null): boolean {
  if (told === null || latencyMs === null) return told !== latencyMs;
  return Math.abs(latencyMs - told) > Math.max(TOLD_LATENCY_MS, told * TOLD_LATENCY_PART);
}

function isOtherUptime(told: number | null, uptimeBps: number | null): boolean {
  if (told === null || uptimeBps === null) return told !== uptimeBps;
  return Math.abs(uptimeBps - told) >= TOLD_UPTIME_BPS;
}
