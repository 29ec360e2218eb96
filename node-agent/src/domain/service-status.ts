import { type LeaseEvent, type ServiceStatus } from "@fizz/protocol/messages";
import { type HealthState } from "./health.ts";
import { type ObservedContainer } from "./observed.ts";
import { SETTLE_MS } from "./plan-facts.ts";
import { type RestartRecord } from "./stored-lease.ts";

export interface ServiceFacts {
  readonly containers: readonly ObservedContainer[];
  readonly events: readonly LeaseEvent[];
  readonly restarts: Readonly<Record<string, RestartRecord>>;
  /** Of a container that is checked; undefined for others. */
  readonly healthOf: (id: string) => HealthState | undefined;
  /** Whether a container that has just started is known to listen on what it exposes. */
  readonly listens: (id: string) => boolean;
  /** Unix milliseconds. */
  readonly now: number;
}

interface Place {
  readonly service: string;
  readonly replica: number;
}

/** One replica as tenants see it: the running container that gets its traffic, or the newest one. */
export function serviceStatusOf({ service, replica }: Place, facts: ServiceFacts): ServiceStatus {
  const own = facts.containers
    .filter((container) => container.service === service && container.replica === replica)
    .sort((left, right) => right.version - left.version);
  const container = own.findLast(({ state }) => state === "running") ?? own[0];
  if (container === undefined) {
    const none = { ready: false, restarts: 0, exitCode: null, startedAt: null };
    return {
      service,
      replica,
      state: isPulling({ service, replica }, facts) ? "pulling" : "pending",
      ...none,
    };
  }
  const { startedAt, state, exitCode, image } = container;
  return {
    service,
    replica,
    state: stateOf(container, facts.restarts),
    restarts: facts.restarts[container.digest]?.count ?? 0,
    exitCode: state === "exited" ? exitCode : null,
    startedAt,
    ...(image === undefined ? {} : { image }),
    ...readinessOf(container, facts),
  };
}

/** Whether it works, as far as it is known. */
function readinessOf(
  { id, state, startedAt }: ObservedContainer,
  { healthOf, listens, now }: ServiceFacts,
): Pick<ServiceStatus, "ready" | "health"> {
  if (state !== "running") return { ready: false };
  const isSettled = now - (startedAt ?? now) >= SETTLE_MS || listens(id);
  const health = healthOf(id);
  return health === undefined ? { ready: isSettled } : { ready: isSettled && health === "healthy", health };
}

function stateOf(container: ObservedContainer, restarts: ServiceFacts["restarts"]): ServiceStatus["state"] {
  switch (container.state) {
    case "created":
      return "starting";
    case "running":
      return "running";
    case "exited":
      return restarts[container.digest] === undefined ? "exited" : "restarting";
  }
}

function isPulling({ service, replica }: Place, { events }: ServiceFacts): boolean {
  const last = events.findLast((event) => event.service === service && event.replica === replica);
  return last?.code === "image.pull.started" || last?.code === "image.pull.progress";
}
