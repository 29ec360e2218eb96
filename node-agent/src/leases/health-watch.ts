import { type LeaseEventCode } from "@fizz/protocol/messages";
import { type Hex } from "viem";
import {
  afterCheck,
  type HealthRecord,
  type HealthState,
  type HealthTarget,
  nextCheckMs,
  UNCHECKED,
} from "../domain/health.ts";
import { type ObservedContainer } from "../domain/observed.ts";
import { type Prober } from "../health-ports.ts";
import { type Clock, type Journal } from "../ports.ts";

/** A run of a container, and what was told of its health. */
const runCodes: ReadonlySet<string> = new Set<LeaseEventCode>([
  "container.started",
  "container.restarted",
  "container.healthy",
  "container.unhealthy",
]);
/** Checks of one lease at once: replicas that do not answer hold up each other, never those of another lease. */
export const MAX_CHECKS_PER_LEASE = 8;

export interface HealthWatchComponents {
  readonly prober: Prober;
  readonly journal: Journal;
  readonly clock: Clock;
  /** A container has become healthy or unhealthy. */
  readonly onChange: () => void;
}

/** A running container and what is asked of it. */
export interface CheckedContainer {
  readonly container: ObservedContainer;
  readonly target: HealthTarget;
}

interface Watched {
  readonly leaseHash: Hex;
  readonly container: ObservedContainer;
  readonly stop: AbortController;
  target: HealthTarget;
  record: HealthRecord;
  /** A check has ended. */
  isChecked: boolean;
}

/** Checks containers again and again, each run of one from its start to its end. What follows is the plan's matter. */
export class HealthWatch {
  readonly #components: HealthWatchComponents;
  /** By id: of each container the run that is checked. */
  readonly #watched = new Map<string, Watched>();
  readonly #busy = new Map<Hex, number>();
  readonly #waiting: { readonly leaseHash: Hex; readonly go: () => void }[] = [];

  constructor(components: HealthWatchComponents) {
    this.#components = components;
  }

  /** Takes what is to be checked of a lease from now on. @returns What is known of it, by container. */
  look(leaseHash: Hex, checked: readonly CheckedContainer[]): Readonly<Record<string, HealthState>> {
    const wanted = new Map(checked.map((entry) => [entry.container.id, entry]));
    for (const [id, { leaseHash: owner, container, stop }] of this.#watched) {
      if (owner !== leaseHash || wanted.get(id)?.container.startedAt === container.startedAt) continue;
      stop.abort();
      this.#watched.delete(id);
    }
    for (const [id, { container, target }] of wanted) {
      const known = this.#watched.get(id);
      if (known === undefined) this.#begin(leaseHash, { container, target });
      else known.target = target;
    }
    const states = [...wanted.keys()].flatMap((id) => {
      const state = this.stateOf(id);
      return state === undefined ? [] : [[id, state] as const];
    });
    return Object.fromEntries(states);
  }

  /** Undefined for a container that is not checked, or of which no check has ended yet. */
  stateOf(id: string): HealthState | undefined {
    const watched = this.#watched.get(id);
    return watched?.isChecked === true ? watched.record.state : undefined;
  }

  forget(leaseHash: Hex): void {
    this.look(leaseHash, []);
  }

  stop(): void {
    for (const { stop } of this.#watched.values()) stop.abort();
    this.#watched.clear();
  }

  #begin(leaseHash: Hex, { container, target }: CheckedContainer): void {
    const watched: Watched = {
      ...{ leaseHash, container, target },
      ...{ stop: new AbortController(), record: UNCHECKED, isChecked: false },
    };
    this.#watched.set(container.id, watched);
    void this.#run(watched);
  }

  async #run(watched: Watched): Promise<void> {
    const { clock } = this.#components;
    const { container, stop } = watched;
    const upForMs = (): number => Math.max(0, clock.now() - (container.startedAt ?? clock.now()));
    while (!stop.signal.aborted) {
      const problem = await this.#check(watched);
      if (isOver(stop.signal)) return;
      // On an unknown nothing is ended, and nothing begins.
      if (problem !== null) this.#note(watched, problem, upForMs());
      await clock.sleep(nextCheckMs(watched.record, upForMs(), watched.target), stop.signal);
    }
  }

  #note(watched: Watched, problem: string | undefined, upForMs: number): void {
    const before = watched.isChecked ? watched.record.state : undefined;
    watched.record = afterCheck(
      watched.record,
      { succeeded: problem === undefined, upForMs },
      watched.target,
    );
    watched.isChecked = true;
    const { state } = watched.record;
    if (state === before) return;
    this.#tell(watched, problem);
    this.#components.onChange();
  }

  #tell({ leaseHash, container, record: { state } }: Watched, problem: string | undefined): void {
    const { journal } = this.#components;
    const { service, replica } = container;
    if (state === "starting") return;
    const code = `container.${state}` as const;
    // An agent that was started anew finds what the one before has told.
    const last = journal
      .read(leaseHash, 0)
      .findLast(
        (event) => runCodes.has(event.code) && event.service === service && event.replica === replica,
      );
    if (last?.code === code) return;
    const message =
      state === "healthy"
        ? "Container is healthy"
        : `Container is not healthy, it is started anew: ${problem ?? ""}`;
    journal.append(leaseHash, { code, message, service, replica });
  }

  /** All of its ports, one after the other. @returns What is wrong; null where it is not known. */
  async #check({ leaseHash, container, target, stop }: Watched): Promise<string | null | undefined> {
    await this.#enter(leaseHash);
    try {
      const signal = AbortSignal.any([stop.signal, AbortSignal.timeout(target.timeoutMs)]);
      for (const port of target.ports) {
        const probe = { host: container.address ?? "", port, path: target.path };
        const problem = await this.#components.prober.probe(probe, signal);
        if (problem !== undefined) return problem;
      }
      return undefined;
    } finally {
      this.#leave(leaseHash);
    }
  }

  async #enter(leaseHash: Hex): Promise<void> {
    const busy = this.#busy.get(leaseHash) ?? 0;
    if (busy < MAX_CHECKS_PER_LEASE) this.#busy.set(leaseHash, busy + 1);
    else
      await new Promise<void>((go) => {
        this.#waiting.push({ leaseHash, go });
      });
  }

  /** The place goes to the next one, if there is any. */
  #leave(leaseHash: Hex): void {
    const at = this.#waiting.findIndex((entry) => entry.leaseHash === leaseHash);
    const [next] = at === -1 ? [] : this.#waiting.splice(at, 1);
    if (next !== undefined) {
      next.go();
      return;
    }
    const left = (this.#busy.get(leaseHash) ?? 1) - 1;
    if (left > 0) this.#busy.set(leaseHash, left);
    else this.#busy.delete(leaseHash);
  }
}

/** Asked anew: it may have changed since it was asked last. */
function isOver({ aborted }: AbortSignal): boolean {
  return aborted;
}
