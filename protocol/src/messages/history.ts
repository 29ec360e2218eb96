import { z } from "zod";
import { chainLeaseStates } from "../chain/states.ts";
import { addressSchema, bytes32Schema, uintSchema } from "./primitives.ts";

/** Rows of a page of history. */
export const MAX_HISTORY_PAGE = 500;
const DEFAULT_HISTORY_PAGE = 100;
/** Characters of a cursor. */
const MAX_CURSOR = 200;
/** Characters of one argument of an event: a hash, or an integer of 256 bits. */
const MAX_ARGUMENT = 80;
const MAX_TIME = 2 ** 40;

/** Events of the lease market that a gateway keeps: names and arguments are those of ILeaseMarket.sol. */
export const historyEventNames = [
  "LeaseOpened",
  "LeaseStarted",
  "LeaseSettled",
  "LeaseToppedUp",
  "UpdateRequested",
  "UpdateConfirmed",
  "UpdateDropped",
  "ReclaimNoticed",
  "LeaseClosed",
  "NodeStruck",
  "DowntimeCredited",
  "EarningsCollected",
  "SubnetEarningsCollected",
] as const;
export type HistoryEventName = (typeof historyEventNames)[number];

const unixSeconds = z.number().int().min(0).max(MAX_TIME);

/** Where on the chain something happened. */
export const historyPlaceSchema = z.object({
  block: uintSchema(64),
  blockHash: bytes32Schema,
  txHash: bytes32Schema,
  /** Time of the block, in Unix seconds. */
  time: unixSeconds,
  /** Whether it lies at the gateway's confirmation depth, so that a reorganisation no longer takes it back. */
  final: z.boolean(),
});
export type HistoryPlace = z.infer<typeof historyPlaceSchema>;

/** What an answer is true for: the chain up to `block`, if that block is still on it (`blockHash`). */
export const historyAsOfSchema = z.object({
  chainId: z.number().int(),
  market: addressSchema,
  block: uintSchema(64),
  blockHash: bytes32Schema,
  /** Of that block, in Unix seconds. */
  time: unixSeconds,
  /** The newest block at the confirmation depth. */
  finalBlock: uintSchema(64),
  /** Leases that were opened up to this block are not known, nor what they earned. */
  afterBlock: uintSchema(64),
  /** What ended before this time, in Unix seconds, is no longer kept; 0 while nothing was dropped. */
  completeSince: unixSeconds,
  /** Newest block that this gateway has seen; null before the first. */
  head: uintSchema(64).nullable(),
});
export type HistoryAsOf = z.infer<typeof historyAsOfSchema>;

/** A lease as its events tell it. Amounts are smallest units of its token. */
export const historyLeaseSchema = z.object({
  lid: uintSchema(256),
  leaseHash: bytes32Schema,
  tenant: addressSchema,
  nodeId: uintSchema(64),
  subnetId: z.number().int(),
  /** Zero address for the chain's own coin. */
  token: addressSchema,
  state: z.enum(chainLeaseStates).exclude(["none"]),
  version: z.number().int(),
  manifestHash: bytes32Schema,
  /** Smallest units × 1e12 per second. */
  ratePerSecond: uintSchema(96),
  /** Price after the update that waits for the node; null while none does. */
  pendingRate: uintSchema(96).nullable(),
  /** Locked when it was opened; added later. */
  locked: uintSchema(256),
  toppedUp: uintSchema(256),
  /** Released to node, subnet and protocol; of this, to the node. */
  paid: uintSchema(256),
  toNode: uintSchema(256),
  /** Gone back to the tenant. */
  refunded: uintSchema(256),
  /** Neither released nor given back yet. */
  balance: uintSchema(256),
  /** Taken off the bill. */
  downtimeSeconds: z.number().int(),
  /** Unix seconds; null for what has not happened. */
  startedAt: unixSeconds.nullable(),
  /** From when on the node may close it, after its notice. */
  closableAt: unixSeconds.nullable(),
  closedAt: unixSeconds.nullable(),
  /** Code of docs/ERRORS.md why it ended. */
  reason: z.number().int().nullable(),
  opened: historyPlaceSchema,
  /** Its newest event. */
  last: historyPlaceSchema,
});
export type HistoryLease = z.infer<typeof historyLeaseSchema>;

const limit = z
  .string()
  .regex(/^\d{1,4}$/, "not a whole number")
  .transform(Number)
  .refine((count) => count > 0 && count <= MAX_HISTORY_PAGE, `not from 1 to ${MAX_HISTORY_PAGE}`)
  .default(DEFAULT_HISTORY_PAGE);
const cursor = z.string().max(MAX_CURSOR).optional();
const smallId = z
  .string()
  .regex(/^\d{1,10}$/, "not a whole number")
  .transform(Number)
  .refine((id) => id < 2 ** 32, "not a uint32");

/** Query of GET /v1/leases, as text of an address: leases that match all of it, newest first. */
export const leasesQuerySchema = z.strictObject({
  tenant: addressSchema.optional(),
  nodeId: uintSchema(64).optional(),
  subnetId: smallId.optional(),
  state: z.enum(chainLeaseStates).exclude(["none"]).optional(),
  limit,
  /** `nextCursor` of the page before. */
  cursor,
});
export type LeasesQuery = z.output<typeof leasesQuerySchema>;
/** As it stands in an address. */
export type LeasesQueryText = z.input<typeof leasesQuerySchema>;

/** GET /v1/leases. */
export const leasesPageSchema = z.object({
  asOf: historyAsOfSchema,
  leases: z.array(historyLeaseSchema).max(MAX_HISTORY_PAGE),
  nextCursor: z.string().nullable(),
});
export type LeasesPage = z.infer<typeof leasesPageSchema>;

/** GET /v1/leases/:lid/history: the address. */
export const leaseHistoryParamsSchema = z.strictObject({ lid: uintSchema(256) });

/** Query of GET /v1/leases/:lid/history: its events, oldest first. */
export const leaseHistoryQuerySchema = z.strictObject({ limit, cursor });
export type LeaseHistoryQuery = z.output<typeof leaseHistoryQuerySchema>;
export type LeaseHistoryQueryText = z.input<typeof leaseHistoryQuerySchema>;

/** One event of the lease market. */
export const historyEventSchema = historyPlaceSchema.extend({
  logIndex: z.number().int().min(0),
  event: z.enum(historyEventNames),
  /** As ILeaseMarket.sol names them; integers in decimal. */
  args: z.record(z.string().max(MAX_ARGUMENT), z.string().max(MAX_ARGUMENT)),
});
export type HistoryEvent = z.infer<typeof historyEventSchema>;

/** GET /v1/leases/:lid/history. */
export const leaseHistorySchema = z.object({
  asOf: historyAsOfSchema,
  lease: historyLeaseSchema,
  events: z.array(historyEventSchema).max(MAX_HISTORY_PAGE),
  nextCursor: z.string().nullable(),
});
export type LeaseHistory = z.infer<typeof leaseHistorySchema>;

/** Query of GET /v1/earnings, of a node or of a subnet: by day (UTC) and token, newest first. */
export const earningsQuerySchema = z
  .strictObject({
    nodeId: uintSchema(64).optional(),
    subnetId: smallId.optional(),
    limit,
    cursor,
  })
  .refine(({ nodeId, subnetId }) => (nodeId === undefined) !== (subnetId === undefined), {
    path: ["nodeId"],
    message: "name one of nodeId and subnetId",
  });
export type EarningsQuery = z.output<typeof earningsQuerySchema>;
export type EarningsQueryText = z.input<typeof earningsQuerySchema>;

const amounts = z.object({
  /** Left leases for earnings on that day. */
  released: uintSchema(256),
  /** Moved from earnings to the accounts of their owners on that day. */
  collected: uintSchema(256),
});

/** What one day brought in one token, in its smallest units. */
export const earningsDaySchema = amounts.extend({
  /** UTC, as 2026-11-30. */
  day: z.iso.date(),
  token: addressSchema,
  /** Releases, of one lease each. */
  settlements: z.number().int(),
  /** The protocol's cut of the same leases; null for a node. */
  protocol: amounts.nullable(),
  /** The newest event of the day that counts here. The row is final when that is. */
  last: historyPlaceSchema,
});
export type EarningsDay = z.infer<typeof earningsDaySchema>;

/** GET /v1/earnings. */
export const earningsPageSchema = z.object({
  asOf: historyAsOfSchema,
  days: z.array(earningsDaySchema).max(MAX_HISTORY_PAGE),
  nextCursor: z.string().nullable(),
});
export type EarningsPage = z.infer<typeof earningsPageSchema>;
