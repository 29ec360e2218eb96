import { z } from "zod";
import { wireErrorSchema } from "../errors/index.ts";
import { bytes32Schema } from "./primitives.ts";

/** Bytes of the token, the first that a node sends on a data link. */
export const LINK_TOKEN_BYTES = 32;
/** Time for a node to connect a data link, and for the token on it, in milliseconds. */
export const LINK_TIMEOUT_MS = 10_000;
const MAX_CERTIFICATE_LENGTH = 4_096;

/** Gateway → node: where to connect a data link. Good for one connection. */
export const linkRequestSchema = z.strictObject({
  /** TCP port, at the host where the node reached the gateway. */
  port: z.number().int().min(1).max(65_535),
  /** PEM: the only certificate that the node may accept there. */
  certificate: z.string().max(MAX_CERTIFICATE_LENGTH),
  /** Proves to the gateway which node has connected. */
  token: bytes32Schema,
});
export type LinkRequest = z.infer<typeof linkRequestSchema>;

export const linkResponseSchema = z.discriminatedUnion("type", [
  z.object({ type: z.literal("ready") }),
  z.object({ type: z.literal("error"), error: wireErrorSchema }),
]);
/** Cipher suites of TLS 1.3, in the order of preference of the gateway. */
export const LINK_CIPHERS = "TLS_AES_128_GCM_SHA256:TLS_CHACHA20_POLY1305_SHA256";
/** DNS name in the certificate of a gateway's data links. No resolver knows it. */
export const LINK_NAME = "link.fizz.invalid";
