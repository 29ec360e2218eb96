const MAPPED_IPV4 = "::ffff:";
/** Groups of an IPv6 address that name its network: one customer usually gets a /64, and may use all of it. */
const NETWORK_GROUPS = 4;
const GROUPS = 8;

/**
 * What counts as one caller: an IPv4 address, or the /64 of an IPv6 address.
 *
 * @param address As node:net gives it: no brackets, maybe with a zone.
 */
export function callerKey(address: string): string {
  const plain = address.toLowerCase();
  if (plain.startsWith(MAPPED_IPV4) && plain.includes(".")) return plain.slice(MAPPED_IPV4.length);
  if (!plain.includes(":")) return plain;
  return `${expand(plain).slice(0, NETWORK_GROUPS).join(":")}::/64`;
}

function expand(address: string): string[] {
  const [head = "", tail] = (address.split("%")[0] ?? "").split("::");
  const first = groupsOf(head);
  if (tail === undefined) return first;
  const last = groupsOf(tail);
  const zeros = Math.max(0, GROUPS - first.length - last.length);
  return [...first, ...Array.from({ length: zeros }, () => "0"), ...last];
}

function groupsOf(text: string): string[] {
  return text === "" ? [] : text.split(":").map((group) => group.replace(/^0+(?=.)/, ""));
}
