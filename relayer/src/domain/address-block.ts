/** A block of IP addresses, as in 192.0.2.0/24. */
export interface AddressBlock {
  readonly address: string;
  /** Bits of the network, 0 to 32 or 128. */
  readonly prefix: number;
}

const IPV4_BITS = 32;
const IPV6_BITS = 128;
const PREFIX = /^\d{1,3}$/;

/**
 * Reads a block in CIDR notation, or a single address.
 *
 * @param version Tells whether a text is an IP address, and of which version: 4, 6, or 0 for none.
 * @returns undefined when it is neither.
 */
export function parseAddressBlock(
  text: string,
  version: (address: string) => number,
): AddressBlock | undefined {
  const [address = "", prefix, ...more] = text.split("/");
  const kind = version(address);
  if (kind === 0 || more.length > 0) return undefined;
  const bits = kind === 4 ? IPV4_BITS : IPV6_BITS;
  if (prefix === undefined) return { address, prefix: bits };
  return PREFIX.test(prefix) && Number(prefix) <= bits ? { address, prefix: Number(prefix) } : undefined;
}
