import { formatAddress } from "./ip-address.ts";
import { type SocketEnds, V2_SIGNATURE } from "./proxy-protocol.ts";

/** What the first bytes of a connection say. */
export type ProxyHeader =
  | { readonly type: "incomplete" }
  | { readonly type: "invalid" }
  | {
      readonly type: "header";
      /** Bytes of the header; what follows is the caller's. */
      readonly length: number;
      /** Undefined when the proxy speaks for itself, such as to see whether the gateway lives. */
      readonly ends: SocketEnds | undefined;
    };

/** Longest header of version 1, with its end of line. */
const MAX_V1_BYTES = 107;
/** Longest header of version 2 that is read: addresses of 36 bytes, and room for what a balancer adds. */
const MAX_V2_BYTES = 16 + 1_024;
const V2_FIXED_BYTES = 16;
const V2_LOCAL = 0x20;
const V2_PROXY = 0x21;
/** Families without addresses of hosts: unspecified, and UNIX. */
const V2_NOBODY: readonly number[] = [0, 3];
/** Bytes of an address, by family and transport: TCP over IPv4, and over IPv6. */
const V2_ADDRESS_BYTES: Readonly<Record<number, number>> = { 0x11: 4, 0x21: 16 };
const V1_START = "PROXY ";
const V1_UNKNOWN = /^PROXY UNKNOWN( [\x20-\x7e]*)?$/;
const V1_LINE = /^PROXY (TCP[46]) (\S+) (\S+) (\d{1,5}) (\d{1,5})$/;
const MAX_PORT = 65_535;

const incomplete: ProxyHeader = { type: "incomplete" };
const invalid: ProxyHeader = { type: "invalid" };

/**
 * Reads a PROXY header of version 1 or 2, as HAProxy's proxy-protocol.txt, 2020/03/05, section 2, describes it.
 *
 * @param bytes All that was received so far.
 * @param version Tells whether a text is an IP address, and of which version: 4, 6, or 0 for none.
 */
export function readProxyHeader(bytes: Uint8Array, version: (address: string) => number): ProxyHeader {
  const isV2 = V2_SIGNATURE.subarray(0, bytes.length).every((byte, index) => bytes[index] === byte);
  if (isV2) return bytes.length < V2_FIXED_BYTES ? incomplete : readV2(bytes);
  return readV1(bytes, version);
}

function readV1(bytes: Uint8Array, version: (address: string) => number): ProxyHeader {
  const text = String.fromCharCode(...bytes.subarray(0, MAX_V1_BYTES));
  if (!text.startsWith(V1_START.slice(0, text.length))) return invalid;
  const end = text.indexOf("\r\n");
  if (end === -1) return bytes.length >= MAX_V1_BYTES ? invalid : incomplete;
  const line = text.slice(0, end);
  const length = end + 2;
  if (V1_UNKNOWN.test(line)) return { type: "header", length, ends: undefined };
  const ends = readV1Line(line, version);
  return ends === undefined ? invalid : { type: "header", length, ends };
}

function readV1Line(line: string, version: (address: string) => number): SocketEnds | undefined {
  const match = V1_LINE.exec(line);
  if (match === null) return undefined;
  const [, family, from = "", to = "", sourcePort, destinationPort] = match;
  const wanted = family === "TCP4" ? 4 : 6;
  const ports = [Number(sourcePort), Number(destinationPort)] as const;
  const isRight = [from, to].every((address) => version(address) === wanted);
  if (!isRight || ports.some((port) => port > MAX_PORT)) return undefined;
  return { source: { address: from, port: ports[0] }, destination: { address: to, port: ports[1] } };
}

function readV2(bytes: Uint8Array): ProxyHeader {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const command = view.getUint8(12);
  const length = V2_FIXED_BYTES + view.getUint16(14);
  if (length > MAX_V2_BYTES || (command !== V2_LOCAL && command !== V2_PROXY)) return invalid;
  if (bytes.length < length) return incomplete;
  const kind = view.getUint8(13);
  // A family without addresses, or with those of files, says nothing about a caller.
  if (command === V2_LOCAL || V2_NOBODY.includes(kind >> 4))
    return { type: "header", length, ends: undefined };
  const size = V2_ADDRESS_BYTES[kind];
  if (size === undefined || length < V2_FIXED_BYTES + 2 * size + 4) return invalid;
  const address = (index: number): string => {
    const start = V2_FIXED_BYTES + index * size;
    return formatAddress(bytes.slice(start, start + size));
  };
  const ports = V2_FIXED_BYTES + 2 * size;
  const source = { address: address(0), port: view.getUint16(ports) };
  return {
    type: "header",
    length,
    ends: { source, destination: { address: address(1), port: view.getUint16(ports + 2) } },
  };
}
