import { OPEN_FILES } from "./host-preparation.ts";

/** Where something listens on each machine of a swarm: what its machines tell each other. */
export const GOSSIP_PORT = 7_946;
const METADATA = "169.254.169.254";
/** The probe's own port, on which something listens that never answers, as on the machines' ports. */
const OWN = `127.0.0.1 ${GOSSIP_PORT}`;
/** Time for one connection, in seconds. */
const KNOCK_SECONDS = 3;
const END = "end";
/** Most lines that a probe prints and are looked at. */
const MAX_LINES = 1_024;

/** What a probe on a machine has found. */
export interface MachineProof {
  /** By their names: `nnp`, `seccomp`, `files`, `swap`, `gateway`. */
  readonly facts: ReadonlyMap<string, string>;
  /** Addresses and ports with a space between. */
  readonly open: readonly string[];
  readonly closed: readonly string[];
}

/**
 * What a probe runs: it says how its container is held, and knocks where no container may come, from where a tenant's
 * container would. BusyBox is enough for it.
 *
 * @param machines IPv4 addresses of all machines.
 */
export function probeScript(machines: readonly string[]): string {
  return `while read name value; do
  case $name in NoNewPrivs:) echo nnp $value;; Seccomp:) echo seccomp $value;; esac
done < /proc/self/status
echo files $(ulimit -n)
swap=-1; while read line; do swap=$((swap + 1)); done < /proc/swaps; echo swap $swap
gateway=$(ip route | while read what via address rest; do [ "$what" = default ] && echo "$address"; done)
echo gateway $gateway
sleep 60 | nc -l -p ${GOSSIP_PORT} > /dev/null 2>&1 &
sleep 1
knock() { nc -w ${KNOCK_SECONDS} $1 $2 < /dev/null > /dev/null 2>&1 && echo open $1 $2 || echo closed $1 $2; }
pids=
for to in 127.0.0.1 $gateway ${machines.join(" ")}; do knock $to ${GOSSIP_PORT} & pids="$pids $!"; done
knock ${METADATA} 80 & pids="$pids $!"
wait $pids
echo ${END}`;
}

/** @param lines Of a probe's output. @returns Undefined while it has not ended. */
export function readProof(lines: readonly string[]): MachineProof | undefined {
  const known = lines.slice(0, MAX_LINES).map((line) => line.trim());
  if (!known.includes(END)) return undefined;
  const partsOf = (line: string): [name: string, rest: string] => {
    const [name = "", ...rest] = line.split(" ");
    return [name, rest.join(" ")];
  };
  const parts = known.map(partsOf);
  const restsOf = (wanted: string): string[] =>
    parts.flatMap(([name, rest]) => (name === wanted ? [rest] : []));
  return { facts: new Map(parts), open: restsOf("open"), closed: restsOf("closed") };
}

/**
 * Why a proof proves nothing; undefined when it does. A probe that reaches not even what listens beside it, or has no way
 * out at all, would call every machine closed.
 */
export function doubtOf(
  { facts, open, closed }: MachineProof,
  machines: readonly string[],
): string | undefined {
  if (!open.includes(OWN)) return "its image's nc does not tell an open port";
  if ((facts.get("gateway") ?? "") === "") return "it has no way out of its container";
  const knocked = new Set([...open, ...closed]);
  const missed = machines.filter((address) => !knocked.has(`${address} ${GOSSIP_PORT}`));
  return missed.length === 0 ? undefined : `it did not knock at ${missed.join(", ")}`;
}

/** What is wrong with the machine on which a probe ran; empty when nothing is. */
export function faultsOf({ facts, open }: MachineProof): string[] {
  const reached = open.filter((place) => place !== OWN).map((place) => place.replace(" ", ":"));
  const files = Number(facts.get("files"));
  return [
    ...(reached.length === 0 ? [] : [`containers reach ${[...new Set(reached)].join(", ")}`]),
    ...(facts.get("nnp") === "1" ? [] : ["containers may gain privileges"]),
    ...(facts.get("seccomp") === "2" ? [] : ["containers have no seccomp filter"]),
    ...(files <= OPEN_FILES ? [] : [`containers may open ${facts.get("files") ?? "?"} files`]),
    ...(facts.get("swap") === "0" ? [] : ["the machine has swap"]),
  ];
}
