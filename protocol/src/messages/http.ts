import { z } from "zod";
import { wireErrorSchema } from "../errors/index.ts";
import { signedQuoteSchema } from "../typed-data/quote.ts";
import { offerSchema } from "./hello.ts";
import { addressSchema, uintSchema } from "./primitives.ts";
import { quoteRequestSchema } from "./order.ts";

/** Body of every answer of the gateway that is not 2xx. */
export const httpErrorSchema = z.object({ error: wireErrorSchema });

export const contractsSchema = z.strictObject({
  nodeRegistry: addressSchema,
  subnetRegistry: addressSchema,
  leaseMarket: addressSchema,
});
export type ContractAddresses = z.infer<typeof contractsSchema>;

/** GET /v1/network: which chain, which contracts, how to reach this gateway. */
export const gatewayNetworkSchema = z.object({
  version: z.string(),
  chainId: z.number().int(),
  contracts: contractsSchema,
  subnetId: z.number().int(),
  operator: addressSchema,
  peerId: z.string().max(100),
  /** Dialable addresses, each with `/p2p/<peerId>`. */
  multiaddrs: z.array(z.string().max(300)).max(20),
  publicHost: z.string().max(255),
});
export type GatewayNetwork = z.infer<typeof gatewayNetworkSchema>;

/** One node of GET /v1/nodes. `resources` words are packed as in contracts/types/Resources.sol. */
export const nodeEntrySchema = z.object({
  nodeId: uintSchema(64),
  operator: addressSchema,
  owner: addressSchema,
  peerId: z.string().max(100),
  mode: z.enum(["fizz", "provider"]),
  region: z.string().max(16),
  cpuTier: z.number().int(),
  gpuTier: z.number().int(),
  online: z.boolean(),
  agentVersion: z.string().max(40),
  /** Unix milliseconds. */
  connectedAt: z.number(),
  lastSeenAt: z.number(),
  /** Last measured round trip in milliseconds; null before the first. */
  latencyMs: z.number().nullable(),
  offer: offerSchema,
});
export type NodeEntry = z.infer<typeof nodeEntrySchema>;
export const nodesResponseSchema = z.object({ nodes: z.array(nodeEntrySchema) });

/** POST /v1/quotes. */
export const quotesRequestSchema = z.strictObject({
  ...quoteRequestSchema.shape,
  /** Only this node; needed for an update. */
  nodeId: uintSchema(64).optional(),
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
});
export type RankedQuote = z.infer<typeof rankedQuoteSchema>;

export const refusalSchema = z.object({ nodeId: uintSchema(64), code: z.string(), message: z.string() });
export type Refusal = z.infer<typeof refusalSchema>;

export const quotesResponseSchema = z.object({
  /** Best first. */
  quotes: z.array(rankedQuoteSchema),
  refusals: z.array(refusalSchema),
});
export type QuotesResponse = z.infer<typeof quotesResponseSchema>;
