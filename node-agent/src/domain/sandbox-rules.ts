import { ProtocolError } from "@fizz/protocol/errors";
import { parseRange } from "./address-range.ts";
import { fromServices, type LeasePorts } from "./lease-ports.ts";

/**
 * What no container may reach unless the owner allows it: addresses that are not on the public internet
 * (IANA special-purpose registry, RFC 6890), among them private networks, link-local and metadata services, multicast.
 */
export const BLOCKED_RANGES = [
  "0.0.0.0/8",
  "10.0.0.0/8",
  "100.64.0.0/10",
  "127.0.0.0/8",
  "169.254.0.0/16",
  "172.16.0.0/12",
  "192.0.0.0/24",
  "192.0.2.0/24",
  "192.88.99.0/24",
  "192.168.0.0/16",
  "198.18.0.0/15",
  "198.51.100.0/24",
  "203.0.113.0/24",
  "224.0.0.0/3",
] as const;
/** Most ranges that an owner blocks or allows, each. */
export const MAX_OWNER_RANGES = 256;
/** Most addresses of the host, and most resolvers, that are told to a sandbox. */
export const MAX_HOST_ADDRESSES = 1_024;
export const MAX_RESOLVERS = 8;
/** Connections that a container may have to the internet and to its lease, and new ones a second. */
export const MAX_CONNECTIONS = 8_192;
export const MAX_NEW_CONNECTIONS_PER_SECOND = 500;

/** What the owner of a node lets containers reach. */
export interface EgressPolicy {
  /** Ranges beyond those that are always blocked. */
  readonly blocked: readonly string[];
  /** Ranges that are let through although they are blocked: never the host's own addresses. */
  readonly allowed: readonly string[];
}

/** Where a sandbox is, and on which machine. */
export interface SandboxPlace {
  /** Of the lease, such as `172.18.0.0/16`. */
  readonly subnet: string;
  /** The machine's own address in it. */
  readonly gateway: string;
  /** Who of the lease may connect; undefined: everybody of it. */
  readonly ports?: LeasePorts | undefined;
  /** All IPv4 addresses of the machine, the gateway of the subnet among them. */
  readonly hostAddresses: readonly string[];
  /** Name servers that the engine asks from inside the namespace. */
  readonly resolvers: readonly string[];
}

/**
 * The rules of one network namespace, for `nft -f`: they replace what was there in one step. Answers pass, names are
 * resolved, the lease and the internet are reached; the host, private ranges and everything of IPv6 are not.
 *
 * @throws ProtocolError ENGINE_FAILED when the subnet is none: rules that are half right are none
 */
export function sandboxRules(
  { subnet, gateway, ports, hostAddresses, resolvers }: SandboxPlace,
  policy: EgressPolicy,
): string {
  const lease = parseRange(subnet);
  if (lease === undefined)
    throw new ProtocolError("ENGINE_FAILED", `The lease's network has no IPv4 subnet.`);
  const blocked = [...BLOCKED_RANGES, ...rangesOf(policy.blocked)];
  return [
    "table inet fizz",
    "delete table inet fizz",
    "table inet fizz {",
    setOf("blocked", blocked),
    setOf("allowed", rangesOf(policy.allowed)),
    setOf("host", rangesOf(hostAddresses).slice(0, MAX_HOST_ADDRESSES)),
    setOf("resolvers", rangesOf(resolvers).slice(0, MAX_RESOLVERS)),
    " chain input { type filter hook input priority 0; policy drop;",
    '  iif "lo" accept',
    "  ct state established,related accept",
    ...ingressRules(lease, { gateway, ports }),
    " }",
    " chain forward { type filter hook forward priority 0; policy drop; }",
    " chain output { type filter hook output priority 0; policy drop;",
    '  oif "lo" accept',
    "  ct state established,related accept",
    "  ct state invalid drop",
    "  meta nfproto ipv6 jump refuse",
    "  fib daddr type != unicast jump refuse",
    `  ct state new limit rate over ${MAX_NEW_CONNECTIONS_PER_SECOND}/second burst ${MAX_NEW_CONNECTIONS_PER_SECOND} packets drop`,
    `  ct state new ct count over ${MAX_CONNECTIONS} drop`,
    "  ip daddr @resolvers udp dport 53 accept",
    "  ip daddr @resolvers tcp dport 53 accept",
    "  ip daddr @host jump refuse",
    `  ip daddr ${lease} accept`,
    "  ip daddr @allowed accept",
    "  ip daddr @blocked jump refuse",
    "  accept",
    " }",
    // Told at once, so that a program need not wait for its own time limit.
    " chain refuse {",
    "  meta l4proto tcp reject with tcp reset",
    "  reject with icmpx admin-prohibited",
    " }",
    "}",
    "",
  ].join("\n");
}

/** Who comes in: the node, replicas of the same service, and for each port those that the manifest names. */
function ingressRules(
  lease: string,
  { gateway, ports }: Pick<SandboxPlace, "gateway" | "ports">,
): readonly string[] {
  if (ports === undefined) return [`  ip saddr ${lease} accept`];
  const groups = new Map<string, { readonly match: string; readonly runs: Run[] }>();
  for (const { protocol, firstPort, lastPort, from } of ports.ports) {
    const who = from === null ? "" : `${fromServices(from)} `;
    const match = `ip saddr ${lease} ${who}${protocol} dport`;
    const { runs } = groups.get(match) ?? { runs: [] };
    groups.set(match, { match, runs: [...runs, { firstPort, lastPort }] });
  }
  return [
    ...rangesOf([gateway]).map((node) => `  ip saddr ${node} accept`),
    `  ip saddr ${lease} ${fromServices([ports.service])} accept`,
    ...[...groups.values()].map(({ match, runs }) => `  ${match} { ${mergeRuns(runs).join(", ")} } accept`),
    `  ip saddr ${lease} jump refuse`,
  ];
}

interface Run {
  readonly firstPort: number;
  readonly lastPort: number;
}

/** Runs that do not overlap: a set of nftables takes no others. */
function mergeRuns(runs: readonly Run[]): string[] {
  const merged: Run[] = [];
  for (const run of runs.toSorted((left, right) => left.firstPort - right.firstPort)) {
    const last = merged.at(-1);
    if (last === undefined || run.firstPort > last.lastPort + 1) merged.push(run);
    else merged.splice(-1, 1, { ...last, lastPort: Math.max(last.lastPort, run.lastPort) });
  }
  return merged.map(({ firstPort, lastPort }) =>
    firstPort === lastPort ? `${firstPort}` : `${firstPort}-${lastPort}`,
  );
}

function rangesOf(texts: readonly string[]): string[] {
  return texts.map(parseRange).filter((range) => range !== undefined);
}

function setOf(name: string, ranges: readonly string[]): string {
  const elements = ranges.length === 0 ? "" : ` elements = { ${ranges.join(", ")} }`;
  return ` set ${name} { type ipv4_addr; flags interval; auto-merge;${elements} }`;
}
