import { ProtocolError } from "@fizz/protocol/errors";
import { z } from "zod";
import { type GpuCard } from "./gpu-card.ts";
import { CARD_LABEL, cardLabels, cardResources, GPU_RESOURCE } from "./swarm-cards.ts";
import { BLOCKED_RANGES, type EgressPolicy } from "./sandbox-rules.ts";

/** Open files of a container; the engine's own default is a million. */
export const OPEN_FILES = 65_536;
/** The bridge through which a swarm's tasks reach what is not theirs. */
const BRIDGE = "docker_gwbridge";

/** Label of an engine that runs with what `prepare-host` wrote. */
export const PREPARED = "fizz.prepared";
/** Its value; another one where machines must be prepared anew. A running task ends on a machine that loses it. */
const PREPARATION = "1";
/** Label with the mark of the addresses and ranges that the machine's firewall has. */
export const PREPARED_FOR = "fizz.prepared.for";
/** What every service asks for: the swarm itself starts nothing on another machine, one that joins later included. */
export const PREPARED_ONLY = `engine.labels.${PREPARED}==${PREPARATION}`;

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

const names = z.array(z.string()).optional();
const daemonSchema = z.looseObject({
  labels: names,
  "node-generic-resources": names,
  runtimes: z.record(z.string(), z.unknown()).optional(),
});

/** What is set anew: the seccomp filter is the engine's own, and no other. */
const OWN = ["seccomp-profile", "labels", "node-generic-resources"];
/** NVIDIA's runtime for every container: which cards it shows, it reads from what the swarm tells the container. */
const RUNTIME = { nvidia: { path: "nvidia-container-runtime", runtimeArgs: [] } };

/**
 * The engine's configuration with what a swarm's machine needs; everything else stays.
 *
 * @param text Of the present `daemon.json`; undefined when there is none.
 * @param mark Of the firewall beside it, as `preparationText` has it.
 * @param cards Of this machine, that are leased: each is announced to the swarm by its id.
 * @throws ProtocolError CONFIG_INVALID when it is no JSON object
 */
export function preparedDaemonJson(
  text: string | undefined,
  mark: string,
  cards: readonly GpuCard[] = [],
): string {
  let known: z.output<typeof daemonSchema>;
  try {
    known = daemonSchema.parse(text === undefined ? {} : JSON.parse(text));
  } catch (cause) {
    throw new ProtocolError("CONFIG_INVALID", "The engine's daemon.json is no JSON object.", { cause });
  }
  const kept = Object.entries(known).filter(([name]) => !OWN.includes(name));
  const others = (known.labels ?? []).filter(
    (label) => !label.startsWith(PREPARED) && !label.startsWith(CARD_LABEL),
  );
  const labels = [...others, `${PREPARED}=${PREPARATION}`, `${PREPARED_FOR}=${mark}`, ...cardLabels(cards)];
  const resources = [
    ...(known["node-generic-resources"] ?? []).filter((name) => !name.startsWith(`${GPU_RESOURCE}=`)),
    ...cardResources(cards),
  ];
  const all = {
    ...Object.fromEntries(kept),
    ...WANTED,
    labels,
    ...(resources.length > 0 ? { "node-generic-resources": resources } : {}),
    ...(cards.length > 0 ? { "default-runtime": "nvidia", runtimes: { ...known.runtimes, ...RUNTIME } } : {}),
  };
  return `${JSON.stringify(all, null, 2)}\n`;
}

/** Whether an engine runs with what `prepare-host` writes, by its own labels: the machine's owner says so. */
export function isPrepared(labels: Readonly<Record<string, string>>): boolean {
  return labels[PREPARED] === PREPARATION;
}

/**
 * Part of systemd's unit of the engine: no engine without the firewall, at each boot as well, and new rules before a new
 * label. Containers run on over a reload.
 *
 * @param rules Path of the rules on the machine.
 */
export function engineUnit(rules: string): string {
  return `[Service]
ExecStartPre=/usr/sbin/nft -f ${rules}
ExecStartPre=-/usr/sbin/swapoff -a
ExecReload=
ExecReload=/usr/sbin/nft -f ${rules}
ExecReload=/bin/kill -s HUP $MAINPID
`;
}

/** What a machine's firewall depends on, but for its name servers: machines with the same text have the same rules. */
export function preparationText(
  { agent, machines }: Omit<SwarmAddresses, "resolvers">,
  policy: EgressPolicy,
): string {
  const sorted = (list: readonly string[]): string[] => [...new Set(list)].sort();
  const { blocked, allowed } = policy;
  return JSON.stringify([PREPARATION, agent, sorted(machines), sorted(blocked), sorted(allowed)]);
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
