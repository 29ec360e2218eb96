import { protocols, uintSchema } from "@fizz/protocol/messages";
import { wireErrorSchema } from "@fizz/protocol/errors";
import { z } from "zod";

/** One stream of a node that is connected to another process. */
export const FORWARD_STREAM = "/fizz/gateway-stream/1.0.0";
/** A tunnel link to such a node. */
export const FORWARD_TUNNEL = "/fizz/gateway-tunnel/1.0.0";

/** Streams that the gateway opens to nodes for its callers. */
export const STREAMS_TO_NODES = [
  protocols.quote,
  protocols.manifest,
  protocols.challenge,
  protocols.status,
  protocols.revoke,
  protocols.logs,
  protocols.events,
  protocols.stats,
  protocols.datagrams,
] as const;

export const forwardStreamSchema = z.strictObject({
  nodeId: uintSchema(64),
  protocol: z.enum(STREAMS_TO_NODES),
});
export const forwardTunnelSchema = z.strictObject({ nodeId: uintSchema(64) });
export const forwardAnswerSchema = z.discriminatedUnion("type", [
  z.object({ type: z.literal("ready") }),
  z.object({ type: z.literal("error"), error: wireErrorSchema }),
]);
