/** Which addresses a peer may be dialled at. `private` takes any, for gateways that stand in a network of their own. */
export const directRules = ["public", "private", "off"] as const;
export type DirectRule = (typeof directRules)[number];

/** IPv4 networks that are not of the public internet (RFC 6890 and its registry): first address and prefix length. */
const NOT_PUBLIC: readonly (readonly [string, number])[] = [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.0.2.0", 24],
  ["192.88.99.0", 24],
  ["192.168.0.0", 16],
  ["198.18.0.0", 15],
  ["198.51.100.0", 24],
  ["203.0.113.0", 24],
  ["224.0.0.0", 3],
];

/** Whether an address is one of the public internet. What is no plain IPv4 or IPv6 address is not. */
export function isPublicHost(host: string): boolean {
  const ipv4 = numberOf(host);
  if (ipv4 !== undefined)
    return !NOT_PUBLIC.some(([network, length]) => {
      const shift = 32 - length;
      return ipv4 >>> shift === (numberOf(network) ?? 0) >>> shift;
    });
  const groups = firstGroupsOf(host);
  if (groups === undefined) return false;
  const [first, second] = groups;
  // 2000::/3 without Teredo and the other protocol assignments, documentation, and 6to4.
  if (first < 0x2000 || first > 0x3fff || first === 0x2002 || first === 0x3fff) return false;
  return first !== 0x2001 || (second >= 0x200 && second !== 0xdb8);
}

/** Whether `host` is of the same family, IPv4 or IPv6, as `other`. */
export function isSameFamily(host: string, other: string): boolean {
  return host.includes(":") === other.includes(":");
}

function numberOf(host: string): number | undefined {
  const parts = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(host)?.slice(1).map(Number);
  if (parts === undefined || parts.some((part) => part > 255)) return undefined;
  return parts.reduce((sum, part) => (sum << 8) | part, 0) >>> 0;
}

/** The first 32 bits of an IPv6 address, as two numbers. */
function firstGroupsOf(host: string): readonly [number, number] | undefined {
  if (!host.includes(":") || !URL.canParse(`http://[${host}]`)) return undefined;
  const [first = "", second = ""] = new URL(`http://[${host}]`).hostname.slice(1, -1).split(":");
  return [Number.parseInt(first || "0", 16), Number.parseInt(second || "0", 16)];
}
