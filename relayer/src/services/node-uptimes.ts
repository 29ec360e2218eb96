import { UptimeRecord } from "../domain/uptime.ts";
import { type Clock, type Logger } from "../ports.ts";
import { type NodeUptime, type UptimeStore } from "../uptime-ports.ts";

/** Interval between saves, and nodes that one writes: 10,000 nodes are saved in less than 7 minutes. */
const SAVE_EVERY_MS = 10_000;
const SAVED_AT_ONCE = 250;
/** Nodes that were not heard for so long are forgotten. */
const KEEP_MS = 30 * 24 * 3_600_000;

export interface NodeUptimesComponents {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Undefined: uptimes end with the process. */
  readonly store: UptimeStore | undefined;
}

/** How much of the last days each node was there, over restarts of the gateway: time that it was away itself counts for nobody. */
export class NodeUptimes {
  readonly #components: NodeUptimesComponents;
  readonly #records = new Map<bigint, UptimeRecord>();
  /** Heard since they were saved, the longest waiting first. */
  readonly #unsaved = new Set<bigint>();
  /** What was kept of these could not be read yet; since when they are here. */
  readonly #unread = new Map<bigint, number>();
  readonly #startedAt: number;
  #timer: NodeJS.Timeout | undefined;
  #saving: Promise<void> | undefined;

  constructor(components: NodeUptimesComponents) {
    this.#components = components;
    this.#startedAt = components.store === undefined ? 0 : components.clock();
  }

  async start(): Promise<void> {
    const { store, clock } = this.#components;
    if (store === undefined) return;
    await store.dropOlderThan(clock() - KEEP_MS);
    this.#timer ??= setInterval(() => {
      this.#saving ??= this.save().finally(() => {
        this.#saving = undefined;
      });
    }, SAVE_EVERY_MS);
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#timer = undefined;
    await this.#saving;
    let left = Infinity;
    while (this.#unsaved.size > 0 && this.#unsaved.size < left) {
      left = this.#unsaved.size;
      await this.save();
    }
  }

  /** Of a node that this process listens to. */
  has(nodeId: bigint): boolean {
    return this.#records.has(nodeId);
  }

  /** In 1/10000; null while it is not measured. */
  bpsAt(nodeId: bigint, now: number): number | null {
    return this.#records.get(nodeId)?.bpsAt(now) ?? null;
  }

  /** Goes on with what was kept of a node that has come; a store that is away is asked again later. */
  async read(nodeId: bigint): Promise<void> {
    if (this.#records.has(nodeId) && !this.#unread.has(nodeId)) return;
    const { store, logger } = this.#components;
    const from = this.#unread.get(nodeId) ?? this.#startedAt;
    try {
      const kept = await store?.find(nodeId);
      this.#unread.delete(nodeId);
      if (kept === undefined) return;
      const record = UptimeRecord.restore(kept, from);
      const meanwhile = this.#records.get(nodeId);
      if (meanwhile !== undefined) record.join(meanwhile);
      this.#records.set(nodeId, record);
    } catch (error) {
      this.#unread.set(nodeId, from);
      logger.debug({ event: "uptime.unread", nodeId, error }, "The uptime of a node is read later.");
    }
  }

  /** The node said something. @returns As {@link bpsAt} */
  hear(nodeId: bigint, now: number): number | null {
    const known = this.#records.get(nodeId);
    if (known === undefined) this.#records.set(nodeId, new UptimeRecord(now));
    else known.hear(now);
    this.#unsaved.add(nodeId);
    return this.bpsAt(nodeId, now);
  }

  /** This process listens to it no longer. */
  drop(nodeId: bigint): void {
    this.#records.delete(nodeId);
    this.#unsaved.delete(nodeId);
    this.#unread.delete(nodeId);
  }

  /** Saves those that wait longest, SAVED_AT_ONCE at most. Never throws. */
  async save(): Promise<void> {
    const { store, clock, logger } = this.#components;
    if (store === undefined) return;
    for (const nodeId of [...this.#unread.keys()].slice(0, SAVED_AT_ONCE)) await this.read(nodeId);
    const now = clock();
    const due = [...this.#unsaved].filter((nodeId) => !this.#unread.has(nodeId)).slice(0, SAVED_AT_ONCE);
    const uptimes = due.flatMap((nodeId): NodeUptime[] => {
      const record = this.#records.get(nodeId);
      return record === undefined ? [] : [{ nodeId, ...record.keep(now) }];
    });
    for (const nodeId of due) this.#unsaved.delete(nodeId);
    try {
      await store.save(uptimes);
    } catch (error) {
      for (const nodeId of due) if (this.#records.has(nodeId)) this.#unsaved.add(nodeId);
      logger.debug({ event: "uptime.unsaved", error }, "Uptimes are saved later.");
    }
  }
}
