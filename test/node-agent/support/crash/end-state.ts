import { type LeaseRecord } from "../../../../node-agent/src/domain/lease-record.ts";
import { type StoredLease } from "../../../../node-agent/src/domain/stored-lease.ts";
import { LEASE, type CrashWorld } from "./crash-world.ts";

/** Told once for each time that they happen, whatever happens to the agent. Others are of attempts, and may be told twice. */
const ONCE: ReadonlySet<string> = new Set([
  ...["manifest.accepted", "deployment.initializing", "container.created", "container.started"],
  ...["lease.confirmed", "deployment.started", "lease.closed"],
  ...["update.requested", "update.applied", "container.exited"],
  ...["container.parked", "container.returned"],
]);

export interface EndState {
  readonly containers: readonly object[];
  readonly networks: readonly string[];
  readonly volumes: readonly string[];
  /** How often, in all: none is made, started or removed twice. */
  readonly counts: { readonly created: number; readonly [call: string]: number };
  readonly lease: LeaseRecord | undefined;
  readonly transactions: readonly string[];
  readonly stored: object | undefined;
  readonly events: readonly string[];
}

/** Everything that lasts, in a form that two runs can be compared by. */
export function endStateOf({ machine, engine, chain, store, journal }: CrashWorld): EndState {
  const stored = store.find(LEASE);
  const containers = [...machine.containers.values()].map(({ spec, digest, state, sandbox, limits }) => {
    const { service, replica, version } = spec;
    return { service, replica, version, digest, state, sandbox, limits };
  });
  const calls = (name: string): number => engine.calls.filter((call) => call === name).length;
  return {
    containers: containers.sort((left, right) => left.digest.localeCompare(right.digest)),
    networks: [...machine.networks],
    volumes: [...machine.volumes.keys()].sort(),
    counts: {
      created: calls("create"),
      started: calls("start"),
      stopped: calls("stop"),
      removed: calls("remove"),
    },
    lease: chain.at(1n),
    transactions: chain.sent,
    stored: stored === undefined ? undefined : withoutTimes(stored),
    events: journal
      .read(LEASE, 0)
      .filter(({ code }) => ONCE.has(code))
      .map(({ code, service, data }) => [code, service, data?.["version"]].join(" ").trim())
      .sort(),
  };
}

function withoutTimes({ manifests, removedAt, ...stored }: StoredLease): object {
  return {
    ...stored,
    manifests: manifests.map(({ delivery, sealingKey }) => ({ delivery, sealingKey })),
    isRemoved: removedAt !== null,
  };
}
