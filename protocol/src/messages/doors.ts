import { z } from "zod";
import { wireErrorSchema } from "../errors/index.ts";
import { MAX_LIST_ITEMS } from "../manifest/limits.ts";
import { httpOptionsSchema } from "../manifest/open-part.ts";
import { HOST_NAME } from "../manifest/patterns.ts";
import { bytes32Schema, uintSchema } from "./primitives.ts";

/** Most public ports of one lease. */
export const MAX_DOORS_PER_LEASE = 256;

const serviceName = z.string().min(1).max(63);
const port = z.number().int().min(1).max(65_535);
const transport = z.enum(["tcp", "udp"]);
/** What a public port carries. */
export type Transport = z.infer<typeof transport>;

/** How a port is reached by host name: HTTP for the container, whatever the public speaks. */
export const routeSchema = z.strictObject({
  scheme: z.enum(["http", "https"]),
  /** Host names of the tenant's own; `*.` in front stands for one label. */
  accept: z.array(z.string().regex(HOST_NAME)).max(MAX_LIST_ITEMS),
  options: httpOptionsSchema,
});
export type Route = z.infer<typeof routeSchema>;

/** One port that a container exposes to the public. */
export const doorRequestSchema = z.strictObject({
  service: serviceName,
  replica: z.number().int().min(0).max(1_000),
  port,
  protocol: transport,
  /** Public number that the manifest wishes (`as`). */
  wish: port.optional(),
  /** Consecutive members of one range share a group and get consecutive public numbers. */
  group: z.number().int().min(0).max(1_000).optional(),
  /** The gateway writes a PROXY header of this version before the bytes of each TCP connection. */
  proxyProtocol: z.enum(["v1", "v2"]).optional(),
  /** Set for a port that is wished to be reached by host name. A gateway that routes none gives it a number. */
  route: routeSchema.optional(),
});
export type DoorRequest = z.infer<typeof doorRequestSchema>;

/** Node → gateway. Asking again for the same lease gives the same numbers. */
export const doorsRequestSchema = z.strictObject({
  lid: uintSchema(256),
  leaseHash: bytes32Schema,
  doors: z.array(doorRequestSchema).max(MAX_DOORS_PER_LEASE),
});
export type DoorsRequest = z.infer<typeof doorsRequestSchema>;

/** A way into a container from the internet; the same shape in every `--json` output. */
export const endpointSchema = z.object({
  service: serviceName,
  replica: z.number().int().min(0),
  port,
  protocol: transport,
  host: z.string().max(255),
  publicPort: port,
  url: z.string().max(300),
});
export type Endpoint = z.infer<typeof endpointSchema>;

export const doorsResponseSchema = z.discriminatedUnion("type", [
  z.object({
    type: z.literal("doors"),
    host: z.string().max(255),
    endpoints: z.array(endpointSchema).max(MAX_DOORS_PER_LEASE),
    /** Host names of `accept` that another lease holds: they lead here when that lease is over. */
    heldElsewhere: z.array(z.string().max(255)).max(MAX_DOORS_PER_LEASE).optional(),
  }),
  z.object({ type: z.literal("error"), error: wireErrorSchema }),
]);
export type DoorsResponse = z.infer<typeof doorsResponseSchema>;

/** Gateway → node: opens a channel of a `tunnel`, or is the first frame of a stream of `datagrams`. */
export const tunnelOpenSchema = z.strictObject({
  leaseHash: bytes32Schema,
  service: serviceName,
  replica: z.number().int().min(0),
  port,
});
export type TunnelOpen = z.infer<typeof tunnelOpenSchema>;

/** Node → gateway: second frame of a stream of `datagrams`; after `ready` both sides carry datagrams. */
export const tunnelReadySchema = z.discriminatedUnion("type", [
  z.object({ type: z.literal("ready") }),
  z.object({ type: z.literal("error"), error: wireErrorSchema }),
]);
export type TunnelReady = z.infer<typeof tunnelReadySchema>;
