import { zeroAddress } from "viem";
import { z } from "zod";
import { chainNodeStatuses } from "../chain/states.ts";
import { findGpuModel, gpuFamily } from "../tiers/index.ts";
import { offerSchema } from "./hello.ts";
import { nodeRoundsSchema, roundResults } from "./node-rounds.ts";
import { addressSchema, uintSchema } from "./primitives.ts";

/** Nodes of one page of GET /v1/nodes, where the query names no number, and at most. */
export const DEFAULT_NODES_PER_PAGE = 100;
export const MAX_NODES_PER_PAGE = 500;

/** Regions, and GPU models, that one query may name. */
const MAX_NAMES = 20;
/** Characters of a version or an architecture. */
const MAX_WORD = 40;
const MAX_TIER = 11;
/** The least trusted. */
export const MAX_TRUST_TIER = 7;
const FULL_BPS = 10_000;
const MAX_COUNT = 2 ** 32 - 1;

/**
 * One node of the directory. Resource words are packed as in contracts/types/Resources.sol: `unpackResources`. Times
 * are Unix milliseconds by the gateway's clock, as is `now` of every answer: their difference is an age.
 */
export const nodeEntrySchema = z.object({
  nodeId: uintSchema(64),
  operator: addressSchema,
  owner: addressSchema,
  peerId: z.string().max(100),
  mode: z.enum(["fizz", "provider"]),
  /** On chain. */
  status: z.enum(chainNodeStatuses),
  region: z.string().max(16),
  /** Performance tiers: index of protocol/tiers; 0 for none. */
  cpuTier: z.number().int(),
  gpuTier: z.number().int(),
  /** 1 is the most trusted, 7 the least, and that of a node about which nothing is proven. */
  trustTier: z.number().int().min(1).max(MAX_TRUST_TIER),
  /** Starts that it missed although it had signed for the manifest, on chain. */
  strikes: z.number().int().min(0),
  online: z.boolean(),
  /** Whether it can be asked for a quote now: connected, active, with leases left, and willing. */
  acceptsOrders: z.boolean(),
  /** It leaves: it takes no new leases, and serves those it has. */
  draining: z.boolean(),
  /** Registered on chain. */
  total: uintSchema(128),
  /** Free by the node's own word, and never more than the chain leaves of `total`. */
  free: uintSchema(128),
  /** Software of the node. */
  agentVersion: z.string().max(40),
  connectedAt: z.number(),
  /** When anything was heard of it: a pulse says that its offer still holds. */
  lastSeenAt: z.number(),
  /** Last measured round trip in milliseconds; null before the first. */
  latencyMs: z.number().nullable(),
  /** Part of the last 7 days for which its pulses came, in 1/10000; null while there is less than an hour to measure. */
  uptimeBps: z.number().int().min(0).max(FULL_BPS).nullable(),
  /** When the offer came. */
  offerAt: z.number(),
  /** Nothing was heard of it for so long that the offer may no longer hold: `now - lastSeenAt` is its age. */
  stale: z.boolean(),
  offer: offerSchema,
  /**
   * Missing while the gateway does not know: it does not follow the capacity rounds, has not read them yet, or is of an
   * older version.
   */
  rounds: nodeRoundsSchema.optional(),
});
export type NodeEntry = z.infer<typeof nodeEntrySchema>;

/** What GET /v1/nodes can be sorted by: `price` is that of a CPU, `memoryPrice` that of a GiB. */
export const nodesSorts = [
  "id",
  "price",
  "memoryPrice",
  "freeCpu",
  "freeMemory",
  "freeStorage",
  "cpuTier",
  "gpuTier",
  "bandwidth",
  "uptime",
  "latency",
] as const;
export type NodesSort = (typeof nodesSorts)[number];

const flag = z.enum(["true", "false"]).transform((text) => text === "true");
const whole = (max: number) =>
  z
    .string()
    .regex(/^\d{1,10}$/, "not a whole number")
    .transform(Number)
    .refine((value) => value <= max, `above ${max}`);
const price = z
  .string()
  .regex(/^\d{1,30}$/, "not a decimal integer")
  .transform(BigInt);
const names = z
  .string()
  .max(MAX_NAMES * 40)
  .transform((text) => text.split(","))
  .refine((list) => list.length <= MAX_NAMES, `more than ${MAX_NAMES}`);
const results = names.pipe(z.array(z.enum(roundResults)));
const gpuModels = names.transform((list, context) => {
  const indices = list.map((name) => gpuIndices(name));
  const unknown = list.find((_, at) => indices[at]?.length === 0);
  if (unknown !== undefined)
    context.issues.push({ code: "custom", message: `no GPU model "${unknown}"`, input: unknown });
  return indices.flat();
});

/** What nodes are chosen by, as text of an address. */
const nodesFilter = {
  mode: z.enum(["fizz", "provider"]).optional(),
  /** One or several, with commas in between. */
  region: names.optional(),
  online: flag.optional(),
  acceptsOrders: flag.optional(),
  draining: flag.optional(),
  stale: flag.optional(),
  minFreeMilliCpu: whole(MAX_COUNT).optional(),
  minFreeMemoryMiB: whole(MAX_COUNT).optional(),
  minFreeStorageGiB: whole(MAX_COUNT).optional(),
  minFreeGpus: whole(MAX_COUNT).optional(),
  /** One or several names as manifests write them, with commas in between. */
  gpuModel: gpuModels.optional(),
  /** Index of the performance tier, and above. */
  minCpuTier: whole(MAX_TIER).optional(),
  minGpuTier: whole(MAX_TIER).optional(),
  /** One or several parts of a CPU's name, in any case, with commas in between; as `cpu_model` of manifests. */
  cpuModel: names.optional(),
  /** As Node.js names it: `x64`, `arm64`. */
  architecture: z.string().max(MAX_WORD).optional(),
  /** By the owner's word, in Mbit/s; an older agent tells none. */
  minBandwidthMbps: whole(MAX_COUNT).optional(),
  /** Software of the node, exactly. */
  agentVersion: z.string().max(MAX_WORD).optional(),
  /** Trust tier, and better ones: 1 is the best. */
  maxTrustTier: whole(MAX_TRUST_TIER).optional(),
  /** In 1/10000; a node without a measure has none. */
  minUptimeBps: whole(FULL_BPS).optional(),
  maxLatencyMs: whole(MAX_COUNT).optional(),
  /** Whether a conviction for false capacity is known. A node without `rounds` is neither. */
  convicted: flag.optional(),
  /** Result of the last posted round; one or several, with commas in between. A node without `rounds` has none. */
  roundResult: results.optional(),
  owner: addressSchema.optional(),
  operator: addressSchema.optional(),
  /** Address of the token that the node is paid in; `native` for the chain's own coin. */
  token: z.preprocess((text) => (text === "native" ? zeroAddress : text), addressSchema).optional(),
  maxCpuPerHour: price.optional(),
  maxMemoryGiBPerHour: price.optional(),
  maxStorageGiBPerHour: price.optional(),
  /** Of the model that the node has. */
  maxGpuPerHour: price.optional(),
} as const;

function refuseLoosePrices(query: Readonly<Record<string, unknown>>, context: z.RefinementCtx): void {
  if (query["token"] !== undefined || !asksForPrice(query)) return;
  const message = "prices compare within one token: name it, or token=native for the chain's own coin";
  context.addIssue({ code: "custom", path: ["token"], message });
}

/**
 * Query of GET /v1/nodes, as text of an address. Nodes that match all of it are listed, by `sort`, equal ones by node
 * id. Prices are smallest token units per hour; they compare within one token only, so `token` must be named with them.
 */
export const nodesQuerySchema = z
  .strictObject({
    ...nodesFilter,
    sort: z.enum(nodesSorts).default("id"),
    /** Nodes without the figure come last both ways. */
    order: z.enum(["asc", "desc"]).default("asc"),
    limit: whole(MAX_NODES_PER_PAGE)
      .refine((value) => value > 0, "0 nodes")
      .default(DEFAULT_NODES_PER_PAGE),
    /** `nextCursor` of the page before, of the same sort and order. */
    cursor: z.string().max(200).optional(),
  })
  .superRefine(refuseLoosePrices);
export type NodesQuery = z.output<typeof nodesQuerySchema>;
/** As it stands in an address. */
export type NodesQueryText = z.input<typeof nodesQuerySchema>;

/** GET /v1/nodes. */
export const nodesPageSchema = z.object({
  now: z.number(),
  /** Nodes that match, on all pages together. */
  total: z.number().int(),
  /** Of the next page; null on the last one. It stays right while nodes come, go and change. */
  nextCursor: z.string().nullable(),
  nodes: z.array(nodeEntrySchema),
});
export type NodesPage = z.infer<typeof nodesPageSchema>;

/** GET /v1/nodes/:nodeId. */
export const nodeResponseSchema = z.object({ now: z.number(), node: nodeEntrySchema });

/**
 * GET /v1/nodes/stream, server-sent events: `snapshot` in one part or more, `delta` after each change, and `beat` at
 * least every HEARTBEAT_MS. The `id` of an event is the cursor to go on from, by this query or as `Last-Event-ID`; a
 * cursor that the gateway does not know, or no longer, begins with a snapshot. With the filter of GET /v1/nodes the list is
 * of the nodes that match it: one that no longer does is told as removed, and so may be one that was never listed.
 */
export const nodesStreamQuerySchema = z
  .strictObject({ ...nodesFilter, cursor: z.string().max(100).optional() })
  .superRefine(refuseLoosePrices);
export type NodesFilter = Omit<z.output<typeof nodesStreamQuerySchema>, "cursor">;

/** Data of `snapshot`: all nodes, or those that match, where a part begins with `begin` and the last one ends with `end`. */
export const nodesSnapshotSchema = z.object({
  now: z.number(),
  begin: z.boolean(),
  end: z.boolean(),
  nodes: z.array(nodeEntrySchema),
});

/** Data of `delta`: nodes as they are now, and those that are no longer listed. */
export const nodesDeltaSchema = z.object({
  now: z.number(),
  nodes: z.array(nodeEntrySchema),
  removed: z.array(uintSchema(64)),
});

/** Data of `beat`. */
export const nodesBeatSchema = z.object({ now: z.number() });

function gpuIndices(name: string): number[] {
  const one = findGpuModel(name);
  return one === undefined ? gpuFamily(name).map(({ index }) => index) : [one.index];
}

/** Whether a query compares prices, for which it must name a token. */
export function asksForPrice(query: Readonly<Record<string, unknown>>): boolean {
  const { sort } = query;
  if (sort === "price" || sort === "memoryPrice") return true;
  return Object.entries(query).some(([key, value]) => key.endsWith("PerHour") && value !== undefined);
}
