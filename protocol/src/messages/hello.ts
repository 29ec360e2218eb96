import { z } from "zod";
import { wireErrorSchema } from "../errors/index.ts";
import { pulseSignatureSchema, signedPulseSchema } from "../typed-data/pulse.ts";
import { diskMethodSchema } from "./disk-method.ts";
import { addressSchema, uintSchema } from "./primitives.ts";

/** Price list as shown to tenants: smallest token units per hour for each unit of a resource. */
export const priceListSchema = z.object({
  token: addressSchema,
  cpuPerHour: uintSchema(96),
  memoryGiBPerHour: uintSchema(96),
  storageGiBPerHour: uintSchema(96),
  /** By short model name of protocol/tiers; `"*"` is any other model. */
  gpuPerHour: z.record(z.string().max(40), uintSchema(96)),
});
export type PriceList = z.infer<typeof priceListSchema>;

/** What the owner states, and the kernel says, of a machine; what orders may ask for and the chain does not keep. */
export const machineSchema = z.object({
  /** As the kernel names it. */
  cpuModel: z.string().max(200),
  /** As Node.js names it: `x64`, `arm64`. */
  architecture: z.string().max(20),
  bandwidthMbps: z.number().int().min(0).max(1_000_000),
  /** Of one GPU; null when the owner does not say. */
  gpuMemoryMiB: z.number().int().min(1).max(4_294_967_295).nullable(),
  gpuInterface: z.enum(["pcie", "sxm"]).nullable(),
});
export type Machine = z.infer<typeof machineSchema>;

/** What a node offers at this moment; packed resource words as in contracts/types/Resources.sol. */
export const offerSchema = z.object({
  total: uintSchema(128),
  free: uintSchema(128),
  leases: z.number().int().min(0).max(10_000),
  maxLeases: z.number().int().min(1).max(10_000),
  acceptsOrders: z.boolean(),
  prices: priceListSchema,
  /** Left out by older agents: then only the node itself can tell whether it suits an order. */
  machine: machineSchema.optional(),
  /** Left out by older agents, which watch. */
  disk: diskMethodSchema.optional(),
  /** When the owner needs the machine for himself, now or next, in Unix seconds; left out where he never does. */
  busy: z
    .object({
      from: z.number().int().min(0),
      to: z.number().int().min(0),
      /** Whether leases that run then are given notice; otherwise they run on. */
      reclaims: z.boolean(),
    })
    .optional(),
});
export type Offer = z.infer<typeof offerSchema>;

/** Node → gateway: first `hello`, then `update` whenever the offer has changed, and `pulse` every PULSE_MS. */
export const nodeHelloSchema = z.discriminatedUnion("type", [
  z.object({
    type: z.literal("hello"),
    agentVersion: z.string().max(40),
    chainId: z.number().int().min(1),
    market: addressSchema,
    nodeId: uintSchema(64),
    offer: offerSchema,
  }),
  z.object({ type: z.literal("update"), offer: offerSchema }),
  signedPulseSchema.extend({ type: z.literal("pulse") }),
]);
export type NodeHello = z.infer<typeof nodeHelloSchema>;

/**
 * Gateway → node: `welcome` to `hello`, `ack` to each `update`, `countersigned` to each `pulse` or `refused` with the
 * reason why not, after which all goes on; `error` is the last word.
 */
export const gatewayHelloSchema = z.discriminatedUnion("type", [
  z.object({
    type: z.literal("welcome"),
    gatewayVersion: z.string().max(40),
    subnetId: z.number().int().min(1),
    publicHost: z.string().max(255),
  }),
  z.object({ type: z.literal("ack") }),
  z.object({ type: z.literal("countersigned"), signature: pulseSignatureSchema }),
  z.object({ type: z.literal("refused"), error: wireErrorSchema }),
  z.object({ type: z.literal("error"), error: wireErrorSchema }),
]);
export type GatewayHello = z.infer<typeof gatewayHelloSchema>;
