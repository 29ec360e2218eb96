import { ProtocolError } from "@fizz/protocol/errors";
import { z } from "zod";
import { BLOCKED_RANGES, type EgressPolicy } from "./sandbox-rules.ts";

/** Open files of a container; the engine's own default is a million. */
const OPEN_FILES = 65_536;
/** The bridge through which a swarm's tasks reach what is not theirs. */
const BRIDGE = "docker_gwbridge";

/** What every machine of a swarm must have, as no service can set it for itself. */
const WANTED = {
  "no-new-privileges": true,
  // A swarm's engine refuses it.
  "live-restore": false,
  // Published ports are then reached through the firewall alone.
  "userland-proxy": false,
  "log-driver": "json-file",
  "log-opts": { "max-size": "10m", "max-file": "3" },
  "default-ulimits": { nofile: { Name: "nofile", Hard: OPEN_FILES, Soft: OPEN_FILES } },
};

/**
 * The engine's configuration with what a swarm's machine needs; everything else stays.
 *
 * @param text Of the present `daemon.json`; undefined when there is none.
 * @throws ProtocolError CONFIG_INVALID when it is no JSON object
 */
export function preparedDaemonJson(text: string | undefined): string {
  let known: Record<string, unknown>;
  try {
    known = z.record(z.string(), z.unknown()).parse(text === undefined ? {} : JSON.parse(text));
  } catch (cause) {
    throw new ProtocolError("CONFIG_INVALID", "The engine's daemon.json is no JSON object.", { cause });
  }
  // The engine's own seccomp filter, and no other.
  const kept = Object.entries(known).filter(([name]) => name !== "seccomp-profile");
  return `${JSON.stringify({ ...Object.fromEntries(kept), ...WANTED }, null, 2)}\n`;
}

/** Whether a configuration has all of it already. */
export function isPreparedDaemonJson(text: string | undefined): boolean {
  try {
    const normal: unknown = JSON.parse(text ?? "{}");
    return JSON.stringify(JSON.parse(preparedDaemonJson(text))) === JSON.stringify(normal);
  } catch {
    return false;
  }
}

/** Machines of a swarm. IPv4 addresses. */
export interface SwarmAddresses {
  /** Where the agent runs: it alone connects to published ports. */
  readonly agent: string;
  readonly machines: readonly string[];
  /** Name servers that the engines ask from inside containers. */
  readonly resolvers: readonly string[];
}

/**
 * Rules of one machine of a swarm, for `nft -f`. Containers reach the internet and their lease, not the machine, private
 * ranges or others; the agent alone reaches what they publish; the swarm's own ports are for its machines alone.
 */
export function hostRules({ agent, machines, resolvers }: SwarmAddresses, policy: EgressPolicy): string {
  const blocked = [...new Set([...BLOCKED_RANGES, ...policy.blocked, ...machines])];
  return `table inet fizz_swarm
delete table inet fizz_swarm
table inet fizz_swarm {
${setOf("blocked", blocked)}
${setOf("allowed", policy.allowed)}
${setOf("machines", machines)}
${setOf("resolvers", resolvers)}
  chain input {
    type filter hook input priority -10; policy accept;
    iifname "${BRIDGE}" ct state established,related accept
    iifname "${BRIDGE}" drop
    ip saddr != @machines tcp dport { 2377, 7946 } iif != "lo" drop
    ip saddr != @machines udp dport { 4789, 7946 } iif != "lo" drop
  }
  chain forward {
    type filter hook forward priority -10; policy accept;
    ct state established,related accept
    oifname "${BRIDGE}" ip saddr != ${agent} drop
    iifname "${BRIDGE}" ip daddr @resolvers meta l4proto { tcp, udp } th dport 53 accept
    iifname "${BRIDGE}" ip daddr @allowed ip daddr != @machines accept
    iifname "${BRIDGE}" ip daddr @blocked drop
    iifname "${BRIDGE}" meta nfproto ipv6 drop
  }
}
`;
}

function setOf(name: string, elements: readonly string[]): string {
  const list = elements.length === 0 ? "" : ` elements = { ${elements.join(", ")} };`;
  return `  set ${name} { type ipv4_addr; flags interval; auto-merge;${list} }`;
}
