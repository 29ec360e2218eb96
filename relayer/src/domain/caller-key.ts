import { addressBytes, formatAddress } from "./ip-address.ts";

/** Bytes of an IPv6 address that name its network: one customer usually gets a /64, and may use all of it. */
const NETWORK_BYTES = 8;
const IPV4_BYTES = 4;

/**
 * What counts as one caller: an IPv4 address, or the /64 of an IPv6 address.
 *
 * @param address As node:net gives it: no brackets, maybe with a zone. Undefined once the connection has ended, also
 * where types say otherwise (Fastify's `request.ip`): all who are gone count as one.
 */
export function callerKey(address: string | undefined): string {
  if (address === undefined) return "";
  if (!address.includes(":")) return address;
  const bytes = addressBytes(address);
  return bytes.length === IPV4_BYTES
    ? formatAddress(bytes)
    : `${formatAddress(bytes.slice(0, NETWORK_BYTES))}::/64`;
}
