import { isIPv4 } from "node:net";
import { z } from "zod";

/** Bytes of a token: 16 random ones as hex. */
export const TOKEN_BYTES = 32;
/** Characters of a request, its line end included. */
export const MAX_REQUEST = 512;
/** Time for a request to be sent, a container to accept, a token to come, in milliseconds. */
export const REACH_TIMEOUT_MS = 5_000;
/** What waits for a slow reader of datagrams; more are lost. */
export const MAX_DATAGRAM_BACKLOG = 256 * 1_024;
export const MADE = "made\n";
export const FAILED = "failed\n";

const LENGTH_BYTES = 2;
const port = z.number().int().min(1).max(65_535);
const address = z.string().max(15).refine(isIPv4);
const place = z.strictObject({ host: address.refine((host) => !host.startsWith("127.")), port });

/** Asks for a connection to a container, that comes back to `back` with the token as its first bytes. */
const requestSchema = z.strictObject({
  transport: z.enum(["tcp", "udp"]),
  to: place,
  back: z.strictObject({ host: address, port }),
  token: z.string().regex(/^[0-9a-f]{32}$/),
});

export type ReachRequest = Readonly<z.infer<typeof requestSchema>>;

export function encodeRequest(request: ReachRequest): string {
  return `${JSON.stringify(request)}\n`;
}

/** Undefined for what is none: another address than IPv4, or one of the machine's loopback. */
export function decodeRequest(line: string): ReachRequest | undefined {
  try {
    return requestSchema.parse(JSON.parse(line));
  } catch {
    return undefined;
  }
}

/** A datagram on a connection: two bytes of length, big-endian, then its bytes. */
export function frameOf(payload: Uint8Array): Buffer {
  const frame = Buffer.allocUnsafe(LENGTH_BYTES + payload.length);
  frame.writeUInt16BE(payload.length);
  frame.set(payload, LENGTH_BYTES);
  return frame;
}

/** Puts datagrams together from what a connection brings. Holds one frame at most. */
export class FrameReader {
  #rest: Buffer = Buffer.alloc(0);

  read(chunk: Buffer): Buffer[] {
    let rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    const payloads: Buffer[] = [];
    while (rest.length >= LENGTH_BYTES) {
      const end = LENGTH_BYTES + rest.readUInt16BE();
      if (rest.length < end) break;
      payloads.push(rest.subarray(LENGTH_BYTES, end));
      rest = rest.subarray(end);
    }
    this.#rest = rest;
    return payloads;
  }
}
