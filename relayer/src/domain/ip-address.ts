const IPV4_BYTES = 4;
const IPV6_BYTES = 16;
const IPV6_GROUPS = 8;
/** ::ffff:0:0/96, IPv4 written as IPv6 (RFC 4291, section 2.5.5.2). */
const MAPPED_PREFIX = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff];

/**
 * Bytes of an IP address: four, also for an IPv4 address that is written as IPv6, or sixteen.
 *
 * @param text An address as node:net gives it: no brackets, maybe with a zone, which is left out.
 */
export function addressBytes(text: string): Uint8Array {
  const plain = text.split("%")[0] ?? "";
  if (!plain.includes(":")) return Uint8Array.from(plain.split("."), Number);
  const [head = "", tail] = plain.split("::");
  const first = groupsOf(head);
  const last = groupsOf(tail ?? "");
  const zeros = tail === undefined ? 0 : Math.max(0, IPV6_GROUPS - first.length - last.length);
  const groups = [...first, ...Array.from({ length: zeros }, () => 0), ...last];
  const bytes = Uint8Array.from(groups.flatMap((group) => [group >> 8, group & 0xff]));
  return MAPPED_PREFIX.every((byte, index) => bytes[index] === byte)
    ? bytes.slice(MAPPED_PREFIX.length)
    : bytes;
}

/** Sixteen bytes, whatever the family. */
export function asIpv6(address: Uint8Array): Uint8Array {
  return address.length === IPV6_BYTES ? address : Uint8Array.from([...MAPPED_PREFIX, ...address]);
}

/** Dotted, or groups of hexadecimal digits; eight of them for a whole IPv6 address. */
export function formatAddress(address: Uint8Array): string {
  if (address.length === IPV4_BYTES) return address.join(".");
  const view = new DataView(address.buffer, address.byteOffset, address.length);
  return Array.from({ length: address.length / 2 }, (_, index) =>
    view.getUint16(2 * index).toString(16),
  ).join(":");
}

function groupsOf(text: string): number[] {
  if (text === "") return [];
  return text.split(":").flatMap((group) => {
    if (!group.includes(".")) return Number.parseInt(group, 16);
    const [a = 0, b = 0, c = 0, d = 0] = group.split(".").map(Number);
    return [(a << 8) | b, (c << 8) | d];
  });
}
