import { z } from "zod";
import { wireErrorSchema } from "../errors/index.ts";
import { signedQuoteSchema } from "../typed-data/quote.ts";
import { signedReceiptSchema } from "../typed-data/receipt.ts";
import { addressSchema, bytes32Schema, uintSchema } from "./primitives.ts";
import { quoteRequestSchema } from "./order.ts";
import { refusalSchema } from "./refusal.ts";
import { scoreInputsSchema } from "./score-inputs.ts";

/** Body of every answer of the gateway that is not 2xx. */
export const httpErrorSchema = z.object({ error: wireErrorSchema });

/** GET /v1/health. */
export const healthSchema = z.object({
  /** `degraded` while the chain does not answer. */
  status: z.enum(["ok", "degraded"]),
  version: z.string().max(40),
  chain: z.object({
    reachable: z.boolean(),
    /** Number of the newest block that was seen; null before the first. */
    head: z.string().nullable(),
    /** Unix milliseconds; null before the first. */
    lastSeenAt: z.number().nullable(),
  }),
  nodesOnline: z.number().int(),
  doors: z.object({
    leases: z.number().int(),
    doors: z.number().int(),
    connections: z.number().int(),
  }),
  uptimeSeconds: z.number().int(),
  /** How far the history of leases is; null where none is kept. */
  history: z
    .object({
      block: z.string().nullable(),
      head: z.string().nullable(),
      lag: z.number().int().nullable(),
      events: z.number().int(),
      indexing: z.boolean(),
      reorganisations: z.number().int(),
    })
    .nullable(),
});

export const contractsSchema = z.strictObject({
  nodeRegistry: addressSchema,
  subnetRegistry: addressSchema,
  leaseMarket: addressSchema,
});
export type ContractAddresses = z.infer<typeof contractsSchema>;

/** Query of GET /v1/network. */
export const networkQuerySchema = z.object({
  /** The addresses are those of the gateway's process that this node is connected to, where several share a gateway. */
  nodeId: uintSchema(64).optional(),
});

/** GET /v1/network: which chain, which contracts, how to reach this gateway. */
export const gatewayNetworkSchema = z.object({
  version: z.string(),
  chainId: z.number().int(),
  contracts: contractsSchema.strip(),
  subnetId: z.number().int(),
  operator: addressSchema,
  peerId: z.string().max(100),
  /** Dialable addresses, each with `/p2p/<peerId>`. */
  multiaddrs: z.array(z.string().max(300)).max(20),
  publicHost: z.string().max(255),
});
export type GatewayNetwork = z.infer<typeof gatewayNetworkSchema>;

/** Longest wait of one call for quotes: fetch of Node.js gives an answer up that has not begun after 300 s. */
export const MAX_QUOTE_WAIT_SECONDS = 240;

/** POST /v1/quotes. */
export const quotesRequestSchema = z.strictObject({
  ...quoteRequestSchema.shape,
  /** Only this node; needed for an update. */
  nodeId: uintSchema(64).optional(),
  /** Time for which the gateway tries again while nobody bids; 0 when left out. */
  waitSeconds: z.number().int().min(0).max(MAX_QUOTE_WAIT_SECONDS).optional(),
});
export type QuotesRequest = z.infer<typeof quotesRequestSchema>;

export const rankedQuoteSchema = z.object({
  signed: signedQuoteSchema,
  peerId: z.string().max(100),
  score: z.number().int(),
  /** Why this score: each part with its points, its maximum and a sentence. */
  parts: z.array(
    z.object({ name: z.string(), points: z.number().int(), max: z.number().int(), why: z.string() }),
  ),
  /** What the score was computed from. A gateway of an older version does not tell. */
  inputs: scoreInputsSchema.optional(),
});
export type RankedQuote = z.infer<typeof rankedQuoteSchema>;

export const quotesResponseSchema = z.object({
  /** Best first. */
  quotes: z.array(rankedQuoteSchema),
  refusals: z.array(refusalSchema),
  /** What the ranking stands on, beside the inputs of each quote. */
  order: z.object({ openPartHash: bytes32Schema, ceilingPerSecond: uintSchema(256) }).optional(),
  /** Nodes that fit the order, and those of them that were asked before there were enough bids. */
  round: z.object({ eligible: z.number().int().min(0), asked: z.number().int().min(0) }).optional(),
});
export type QuotesResponse = z.infer<typeof quotesResponseSchema>;

/** 200 of POST /v1/leases/:lid/manifest: the node has it. */
export const deliveredSchema = z.object({ receipt: signedReceiptSchema });
/** 202: the gateway keeps it for a node that is away; the same call again asks for the receipt. */
export const keptDeliverySchema = z.object({ pending: z.literal(true) });
