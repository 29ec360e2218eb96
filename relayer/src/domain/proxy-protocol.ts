import { addressBytes, asIpv6, formatAddress } from "./ip-address.ts";

/** One end of a TCP connection. */
export interface SocketEnd {
  /** IP address, as node:net gives it. */
  readonly address: string;
  readonly port: number;
}

/** The two ends that a PROXY header tells. */
export interface SocketEnds {
  readonly source: SocketEnd;
  readonly destination: SocketEnd;
}

export type ProxyVersion = "v1" | "v2";

/** Begins every header of version 2. */
export const V2_SIGNATURE = Uint8Array.of(13, 10, 13, 10, 0, 13, 10, 81, 85, 73, 84, 10);
/** Version 2, command PROXY. */
const V2_PROXY = 0x21;
/** TCP over IPv4, and over IPv6. */
const V2_TCP4 = 0x11;
const V2_TCP6 = 0x21;
const IPV4_BYTES = 4;
const IPV6_BYTES = 16;
const PORT_BYTES = 2;
const V2_FIXED_BYTES = 16;

/**
 * The header that tells a program behind a proxy who its caller is: the first bytes of a connection.
 * Format of HAProxy's proxy-protocol.txt, 2020/03/05, sections 2.1 and 2.2.
 */
export function encodeProxyHeader(version: ProxyVersion, ends: SocketEnds): Uint8Array {
  const source = addressBytes(ends.source.address);
  const destination = addressBytes(ends.destination.address);
  const isIpv4 = source.length === IPV4_BYTES && destination.length === IPV4_BYTES;
  // Both addresses of a header are of one family.
  const bytes = isIpv4 ? [source, destination] : [asIpv6(source), asIpv6(destination)];
  const ports = [ends.source.port, ends.destination.port];
  return version === "v1" ? encodeV1(isIpv4, bytes, ports) : encodeV2(isIpv4, bytes, ports);
}

function encodeV1(isIpv4: boolean, addresses: readonly Uint8Array[], ports: readonly number[]): Uint8Array {
  const words = ["PROXY", isIpv4 ? "TCP4" : "TCP6", ...addresses.map(formatAddress), ...ports];
  return new TextEncoder().encode(`${words.join(" ")}\r\n`);
}

function encodeV2(isIpv4: boolean, addresses: readonly Uint8Array[], ports: readonly number[]): Uint8Array {
  const length = 2 * ((isIpv4 ? IPV4_BYTES : IPV6_BYTES) + PORT_BYTES);
  const header = new Uint8Array(V2_FIXED_BYTES + length);
  const view = new DataView(header.buffer);
  header.set(V2_SIGNATURE, 0);
  view.setUint8(12, V2_PROXY);
  view.setUint8(13, isIpv4 ? V2_TCP4 : V2_TCP6);
  view.setUint16(14, length);
  let at = V2_FIXED_BYTES;
  for (const address of addresses) {
    header.set(address, at);
    at += address.length;
  }
  for (const port of ports) {
    view.setUint16(at, port);
    at += PORT_BYTES;
  }
  return header;
}
