import {
  fromWire,
  historyEventNames,
  historyEventSchema,
  historyLeaseSchema,
  historyPlaceSchema,
  toWire,
} from "@fizz/protocol/messages";
import { type Hex } from "viem";
import { z } from "zod";
import { argumentOf } from "../domain/chain-event.ts";
import { type FoldedLease, isDone, lidOf, type MarketEvent } from "../domain/lease-fold.ts";
import { type historyEvents, type historyLeases } from "./history-schema.ts";

const SECONDS_PER_DAY = 86_400;

const placeSchema = historyPlaceSchema.omit({ final: true });
const foldedLeaseSchema = historyLeaseSchema.extend({
  opened: placeSchema,
  last: placeSchema,
});
const argsSchema = historyEventSchema.shape.args;
const eventNameSchema = z.enum(historyEventNames);

type EventRow = typeof historyEvents.$inferSelect;
type LeaseRow = typeof historyLeases.$inferSelect;

export function leaseRowOf(lease: FoldedLease): LeaseRow {
  return {
    lid: lease.lid.toString(),
    tenant: lease.tenant,
    nodeId: lease.nodeId.toString(),
    subnetId: lease.subnetId,
    state: lease.state,
    isDone: isDone(lease),
    lastBlock: lease.last.block,
    lastTime: lease.last.time,
    body: JSON.parse(toWire(lease)) as unknown,
  };
}

export function leaseOfRow({ body }: Pick<LeaseRow, "body">): FoldedLease {
  return fromWire(foldedLeaseSchema, body);
}

type Earned = Pick<EventRow, "nodeId" | "subnetId" | "token" | "toNode" | "toSubnet" | "toProtocol">;

const NOTHING: Earned = {
  nodeId: null,
  subnetId: null,
  token: null,
  toNode: null,
  toSubnet: null,
  toProtocol: null,
};

/** @param lease The lease of the event, after it. */
export function eventRowOf(event: MarketEvent, lease: FoldedLease | undefined): EventRow {
  return {
    block: event.block,
    logIndex: event.logIndex,
    blockHash: event.blockHash,
    txHash: event.txHash,
    time: event.time,
    event: event.event,
    args: event.args,
    lid: lidOf(event)?.toString() ?? null,
    day: Math.floor(event.time / SECONDS_PER_DAY),
    ...NOTHING,
    ...earnedBy(event, lease),
  };
}

export function eventOfRow(row: EventRow): MarketEvent {
  return {
    block: row.block,
    blockHash: row.blockHash as Hex,
    txHash: row.txHash as Hex,
    time: row.time,
    logIndex: row.logIndex,
    event: eventNameSchema.parse(row.event),
    args: argsSchema.parse(row.args),
  };
}

/** What an event moved into earnings or out of them. */
function earnedBy(event: MarketEvent, lease: FoldedLease | undefined): Partial<Earned> {
  const word = (name: string): string => argumentOf(event, name);
  if (event.event === "LeaseSettled" && lease !== undefined)
    return {
      nodeId: lease.nodeId.toString(),
      subnetId: lease.subnetId,
      token: lease.token,
      toNode: word("toNode"),
      toSubnet: word("toSubnet"),
      toProtocol: word("toProtocol"),
    };
  if (event.event === "EarningsCollected")
    return {
      nodeId: word("nodeId"),
      subnetId: Number(word("subnetId")),
      token: word("token"),
      toNode: word("amount"),
    };
  if (event.event === "SubnetEarningsCollected")
    return {
      subnetId: Number(word("subnetId")),
      token: word("token"),
      toSubnet: word("toSubnet"),
      toProtocol: word("toProtocol"),
    };
  return {};
}
