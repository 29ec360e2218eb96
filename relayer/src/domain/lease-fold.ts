import { type ChainLeaseState } from "@fizz/protocol/chain";
import { type HistoryEventName, type HistoryLease } from "@fizz/protocol/messages";
import { type Address, type Hex } from "viem";
import { argumentOf, type ChainEvent, type EventPlace } from "./chain-event.ts";

/** An event of the lease market. */
export type MarketEvent = ChainEvent<HistoryEventName>;

/** A lease as its events tell it so far. */
export interface FoldedLease extends Omit<HistoryLease, "opened" | "last"> {
  readonly opened: EventPlace;
  readonly last: EventPlace;
}

/** The lease of an event; undefined for one that is of a node or a subnet. */
export function lidOf({ args }: Pick<MarketEvent, "args">): bigint | undefined {
  return args["lid"] === undefined ? undefined : BigInt(args["lid"]);
}

/** Whether nothing of a lease moves any more: it is closed, and what was in it has left it. */
export function isDone({ state, balance }: Pick<FoldedLease, "state" | "balance">): boolean {
  return state === "closed" && balance === 0n;
}

/**
 * A lease after one more event. The same as LeaseLedger.sol makes of it, as far as its events tell.
 *
 * @param lease Undefined before its first event.
 * @returns Undefined while its opening is not known.
 */
export function foldLease(lease: FoldedLease | undefined, event: MarketEvent): FoldedLease | undefined {
  if (event.event === "LeaseOpened") return opened(event);
  if (lease === undefined) return undefined;
  return { ...lease, ...changes[event.event]?.(lease, event), last: placeOf(event) };
}

export function placeOf({ block, blockHash, txHash, time }: EventPlace): EventPlace {
  return { block, blockHash, txHash, time };
}

function opened(event: MarketEvent): FoldedLease {
  const word = (name: string): string => argumentOf(event, name);
  const amount = (name: string): bigint => amountOf(event, name);
  const locked = amount("locked");
  const place = placeOf(event);
  return {
    lid: amount("lid"),
    leaseHash: word("leaseHash") as Hex,
    tenant: word("tenant") as Address,
    nodeId: amount("nodeId"),
    subnetId: Number(amount("subnetId")),
    token: word("token") as Address,
    state: "open",
    version: 1,
    manifestHash: word("manifestHash") as Hex,
    ratePerSecond: amount("ratePerSecond"),
    locked,
    toppedUp: 0n,
    paid: 0n,
    toNode: 0n,
    refunded: 0n,
    balance: locked,
    downtimeSeconds: 0,
    startedAt: null,
    closableAt: null,
    closedAt: null,
    reason: null,
    opened: place,
    last: place,
    pendingRate: null,
  };
}

type Change = Partial<FoldedLease> & { readonly state?: Exclude<ChainLeaseState, "none"> };

type Apply = (lease: FoldedLease, event: MarketEvent) => Change;
const amountOf = (event: MarketEvent, name: string): bigint => BigInt(argumentOf(event, name));

/** What each event changes of its lease; the others change nothing but where its last event stands. */
const changes: Readonly<Partial<Record<HistoryEventName, Apply>>> = {
  LeaseStarted: (_, event) => ({ state: "active", startedAt: Number(amountOf(event, "startedAt")) }),
  LeaseSettled: ({ paid, toNode, balance }, event) => ({
    paid: paid + amountOf(event, "paid"),
    toNode: toNode + amountOf(event, "toNode"),
    balance: balance - amountOf(event, "paid"),
  }),
  LeaseToppedUp: ({ toppedUp, balance }, event) => ({
    toppedUp: toppedUp + amountOf(event, "amount"),
    balance: balance + amountOf(event, "amount"),
  }),
  UpdateRequested: (_, event) => ({ pendingRate: amountOf(event, "ratePerSecond") }),
  UpdateConfirmed: ({ pendingRate, ratePerSecond }, event) => ({
    version: Number(amountOf(event, "version")),
    manifestHash: argumentOf(event, "manifestHash") as Hex,
    ratePerSecond: pendingRate ?? ratePerSecond,
    pendingRate: null,
  }),
  UpdateDropped: () => ({ pendingRate: null }),
  ReclaimNoticed: (_, event) => ({ state: "reclaiming", closableAt: Number(amountOf(event, "closableAt")) }),
  LeaseClosed: (lease, event) => ({
    ...backToTenant(lease, event),
    state: "closed",
    closedAt: event.time,
    reason: Number(amountOf(event, "reason")),
  }),
  DowntimeCredited: (lease, event) => ({
    ...backToTenant(lease, event),
    downtimeSeconds: Number(amountOf(event, "cumulativeSeconds")),
  }),
};

function backToTenant({ refunded, balance }: FoldedLease, event: MarketEvent): Change {
  const amount = amountOf(event, "refunded");
  return { refunded: refunded + amount, balance: balance - amount };
}
