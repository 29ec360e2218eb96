import { chainNodeStatuses } from "@fizz/protocol/chain";
import { addressSchema, offerSchema, toWire, uintSchema } from "@fizz/protocol/messages";
import { z } from "zod";
import { type NodeView } from "../ports.ts";

const nodeViewSchema = z.object({
  facts: z.object({
    nodeId: uintSchema(64),
    owner: addressSchema,
    operator: addressSchema,
    mode: z.enum(["fizz", "provider"]),
    status: z.enum(chainNodeStatuses),
    region: z.string(),
    cpuTier: z.number(),
    gpuTier: z.number(),
    total: uintSchema(256),
    used: uintSchema(256),
    joined: z.boolean(),
    acceptedCutBps: z.number(),
    /** Missing from processes of before. */
    strikes: z.number().default(0),
  }),
  peerId: z.string(),
  online: z.boolean(),
  agentVersion: z.string(),
  connectedAt: z.number(),
  lastSeenAt: z.number(),
  latencyMs: z.number().nullable(),
  offer: offerSchema,
  offerAt: z.number(),
  stale: z.boolean(),
  uptimeBps: z.number().nullable(),
});

export function nodeViewToJson(view: NodeView): unknown {
  return JSON.parse(toWire(view));
}

/** @returns Undefined for what a process of another version wrote in another way. */
export function nodeViewFromJson(value: unknown): NodeView | undefined {
  const read = nodeViewSchema.safeParse(value);
  return read.success ? read.data : undefined;
}
