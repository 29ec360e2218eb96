import { type Hex } from "viem";
import { heardPortsOf } from "../domain/listening.ts";
import { type ObservedContainer } from "../domain/observed.ts";
import { isOf } from "../domain/plan-containers.ts";
import { type DesiredContainer, SETTLE_MS } from "../domain/plan-facts.ts";
import { type ListenTable } from "../listening-ports.ts";
import { type Clock } from "../ports.ts";

/** Time between two looks at a container that has just started, in milliseconds. */
export const LISTEN_EVERY_MS = 25;
/** Containers looked at at once; one more counts as running after its time. */
export const MAX_HEARD_CONTAINERS = 64;

export interface ListenWatchComponents {
  readonly table: ListenTable;
  readonly clock: Clock;
  /** A container listens where it should. */
  readonly onChange: () => void;
}

interface Heard {
  readonly leaseHash: Hex;
  readonly startedAt: number;
  readonly stop: AbortController;
  listens: boolean;
}

/** Containers that have just started, until they listen on what they expose or their time is over. */
export class ListenWatch {
  readonly #components: ListenWatchComponents;
  readonly #heard = new Map<string, Heard>();

  constructor(components: ListenWatchComponents) {
    this.#components = components;
  }

  /** @returns Ids of those of the lease that listen. */
  look(
    leaseHash: Hex,
    {
      containers,
      desired,
    }: { containers: readonly ObservedContainer[]; desired: readonly DesiredContainer[] },
  ): ReadonlySet<string> {
    const now = this.#components.clock.now();
    const young = containers.filter(
      ({ state, startedAt }) => state === "running" && now - (startedAt ?? 0) < SETTLE_MS,
    );
    for (const [id, { leaseHash: owner, startedAt, stop }] of this.#heard) {
      if (owner !== leaseHash || young.some((one) => one.id === id && one.startedAt === startedAt)) continue;
      stop.abort();
      this.#heard.delete(id);
    }
    for (const container of young) {
      const spec = desired.find((entry) => isOf(container, entry))?.spec;
      const ports = spec === undefined || spec.health !== undefined ? undefined : heardPortsOf(spec);
      if (ports !== undefined) this.#begin(container, ports);
    }
    return new Set(
      [...this.#heard]
        .filter(([, heard]) => heard.leaseHash === leaseHash && heard.listens)
        .map(([id]) => id),
    );
  }

  /** Of a container that has just started; false when it is not known. */
  listens(id: string): boolean {
    return this.#heard.get(id)?.listens === true;
  }

  forget(leaseHash: Hex): void {
    this.look(leaseHash, { containers: [], desired: [] });
  }

  stop(): void {
    for (const { stop } of this.#heard.values()) stop.abort();
    this.#heard.clear();
  }

  #begin({ id, leaseHash, pid, startedAt }: ObservedContainer, ports: readonly number[]): void {
    if (pid === undefined || startedAt === null) return;
    if (this.#heard.has(id) || this.#heard.size >= MAX_HEARD_CONTAINERS) return;
    const heard: Heard = { leaseHash, startedAt, stop: new AbortController(), listens: false };
    this.#heard.set(id, heard);
    void this.#run({ id, pid, ports }, heard);
  }

  async #run(
    { id, pid, ports }: { readonly id: string; readonly pid: number; readonly ports: readonly number[] },
    heard: Heard,
  ): Promise<void> {
    const { table, clock, onChange } = this.#components;
    while (!heard.stop.signal.aborted && clock.now() - heard.startedAt < SETTLE_MS) {
      const open = await table.read(pid, id);
      if (open === undefined) return;
      if (ports.every((port) => open.includes(port))) {
        heard.listens = true;
        onChange();
        return;
      }
      await clock.sleep(LISTEN_EVERY_MS, heard.stop.signal);
    }
  }
}
