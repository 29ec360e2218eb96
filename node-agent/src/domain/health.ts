import { type OpenPart, type SealedPart } from "@fizz/protocol/manifest";
import { type Endpoint } from "@fizz/protocol/messages";

type Health = NonNullable<SealedPart["services"][number]["health"]>;
type Expose = OpenPart["services"][number]["expose"];

/** Most ports that one check asks, of a service that exposes more. */
export const MAX_CHECKED_PORTS = 16;
/** Between two checks of a container that has not been healthy yet and may still take its time, in milliseconds. */
export const STARTING_INTERVAL_MS = 1_000;

/** What is asked of one container. */
export interface HealthTarget {
  /** On which the container itself listens. */
  readonly ports: readonly number[];
  /** Of a GET; null where a connection is enough. */
  readonly path: string | null;
  readonly intervalMs: number;
  readonly timeoutMs: number;
  readonly retries: number;
  readonly startPeriodMs: number;
}

/** `starting` until the first check that succeeds, `unhealthy` after too many in a row that failed. */
export type HealthState = "starting" | "healthy" | "unhealthy";

/** What the checks of one run of a container have found. */
export interface HealthRecord {
  readonly state: HealthState;
  /** Checks in a row that failed and count. */
  readonly failures: number;
}

export const UNCHECKED: HealthRecord = { state: "starting", failures: 0 };

/** @param endpoints The lease's doors: with `use_public_port` the container listens on the public number. */
export function healthTargetOf(
  health: Health,
  { service, replica, expose, endpoints }: HealthPlace,
): HealthTarget {
  const all = health.port === null ? tcpPortsOf(expose) : [health.port];
  const bound = expose.filter(({ usePublicPort }) => usePublicPort);
  const ports = all.slice(0, MAX_CHECKED_PORTS).map((port) => {
    if (!bound.some(({ firstPort, lastPort }) => firstPort <= port && port <= lastPort)) return port;
    const isDoor = (door: Endpoint): boolean =>
      door.service === service && door.replica === replica && door.port === port && door.protocol === "tcp";
    return endpoints.find(isDoor)?.publicPort ?? port;
  });
  return {
    ports,
    path: health.path,
    intervalMs: health.intervalSeconds * 1_000,
    timeoutMs: health.timeoutSeconds * 1_000,
    retries: health.retries,
    startPeriodMs: health.startPeriodSeconds * 1_000,
  };
}

export interface HealthPlace {
  readonly service: string;
  readonly replica: number;
  readonly expose: Expose;
  readonly endpoints: readonly Endpoint[];
}

function tcpPortsOf(expose: Expose): number[] {
  const runs = expose.filter(({ protocol }) => protocol !== "udp");
  const ports = runs.flatMap(({ firstPort, lastPort }) => {
    const length = Math.min(lastPort - firstPort + 1, MAX_CHECKED_PORTS);
    return Array.from({ length }, (_, offset) => firstPort + offset);
  });
  return [...new Set(ports)];
}

/** @param upForMs Since the container has started. */
export function afterCheck(
  record: HealthRecord,
  check: { readonly succeeded: boolean; readonly upForMs: number },
  { retries, startPeriodMs }: Pick<HealthTarget, "retries" | "startPeriodMs">,
): HealthRecord {
  if (check.succeeded) return { state: "healthy", failures: 0 };
  if (record.state === "starting" && check.upForMs < startPeriodMs) return record;
  const failures = record.failures + 1;
  return failures >= retries ? { state: "unhealthy", failures } : { ...record, failures };
}

/** Milliseconds until the next check. */
export function nextCheckMs(
  { state }: HealthRecord,
  upForMs: number,
  { intervalMs, startPeriodMs }: Pick<HealthTarget, "intervalMs" | "startPeriodMs">,
): number {
  const isStarting = state === "starting" && upForMs < startPeriodMs;
  return isStarting ? Math.min(STARTING_INTERVAL_MS, intervalMs) : intervalMs;
}
