import { type ContainerSpec } from "./workload.ts";

/** Most ports on which a container is waited for; one that exposes more counts as running after its time. */
export const MAX_HEARD_PORTS = 16;

const ROW = /^\s*\d+:\s+[0-9A-F]+:([0-9A-F]{4})\s+[0-9A-F]+:[0-9A-F]{4}\s+([0-9A-F]{2})\s/;
/** State LISTEN of include/net/tcp_states.h. */
const LISTEN = "0A";

/**
 * The TCP ports on all of which a container that listens works; undefined where that cannot be told: it exposes none, a
 * range, of which it may use a part, or its public number.
 */
export function heardPortsOf({ expose }: Pick<ContainerSpec, "expose">): readonly number[] | undefined {
  const runs = expose.filter(({ protocol }) => protocol !== "udp");
  const isClear = runs.every((run) => run.firstPort === run.lastPort && !run.usePublicPort);
  const ports = [...new Set(runs.map(({ firstPort }) => firstPort))];
  return isClear && ports.length > 0 && ports.length <= MAX_HEARD_PORTS ? ports : undefined;
}

/** Ports on which somebody listens, by a table of /proc/net/tcp or tcp6 as proc_pid_net(5) describes it. */
export function listeningPorts(table: string): number[] {
  return table.split("\n").flatMap((line) => {
    const [, port, state] = ROW.exec(line) ?? [];
    return port !== undefined && state === LISTEN ? [Number.parseInt(port, 16)] : [];
  });
}
