import { isSameOfNode, RoundsRecord } from "../domain/node-rounds.ts";
import { type Chain, type Logger } from "../ports.ts";
import { type RoundsReading, type RoundsStore, type RoundsView } from "../rounds-ports.ts";

/** Interval at which it looks whether there is something new, which another process may have written. */
const LOOK_MS = 2_000;
/** Blocks by which a copy may be behind the chain when it is taken for the first time. */
const BEHIND = 64n;

export interface RoundsBookComponents {
  readonly store: Pick<RoundsStore, "read" | "revision">;
  readonly chain: Pick<Chain, "identity">;
  readonly logger: Logger;
}

/**
 * What the copy of the capacity rounds says of the gateway's nodes, in whichever process it is written. What was read
 * holds while the store or the chain is silent.
 */
export class RoundsBook implements RoundsView {
  readonly #components: RoundsBookComponents;
  readonly #listeners = new Set<(nodeId: bigint | undefined) => void>();
  #record: RoundsRecord | undefined;
  #revision: number | undefined;
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> | undefined;

  constructor(components: RoundsBookComponents) {
    this.#components = components;
  }

  start(): void {
    this.#timer ??= setInterval(() => void this.look(), LOOK_MS);
    void this.look();
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#timer = undefined;
    await this.#looking;
  }

  of(nodeId: bigint): ReturnType<RoundsView["of"]> {
    return this.#record?.of(nodeId);
  }

  onChange(listener: (nodeId: bigint | undefined) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Reads what is new. Failures are logged. */
  async look(): Promise<void> {
    this.#looking ??= this.#look()
      .catch((error: unknown) => {
        const message = "The capacity rounds stay as they were read; they are looked at later.";
        this.#components.logger.debug({ event: "rounds.unread", error }, message);
      })
      .finally(() => {
        this.#looking = undefined;
      });
    await this.#looking;
  }

  async #look(): Promise<void> {
    const { store, chain } = this.#components;
    if (this.#revision !== undefined && this.#revision === (await store.revision())) return;
    const { subnetId } = await chain.identity();
    const reading = await store.read(subnetId);
    // One that is made anew says too little until it is at the head again.
    if (reading === undefined || reading.block + BEHIND < reading.head) return;
    this.#revision = reading.revision;
    this.#take(reading, subnetId);
  }

  #take({ events, since }: RoundsReading, subnetId: number): void {
    const before = this.#record;
    const record = new RoundsRecord(events, { subnetId, since });
    if (before !== undefined) record.keepFrom(before);
    this.#record = record;
    const nodeIds = new Set([...(before?.nodeIds ?? []), ...record.nodeIds]);
    for (const nodeId of nodeIds)
      if (!isSameOfNode(before?.of(nodeId), record.of(nodeId))) this.#tell(nodeId);
    if (before?.ofSubnet !== record.ofSubnet) this.#tell(undefined);
  }

  #tell(nodeId: bigint | undefined): void {
    for (const listener of this.#listeners) listener(nodeId);
  }
}
