import { reason, type Reason } from "@fizz/protocol/scores";
import { BackgroundTask } from "../background-task.ts";
import { type DiskRule, isNearlyFull, missingBytes } from "../domain/disk-room.ts";
import { type ImageRule, imagesToRemove } from "../domain/image-cleanup.ts";
import { type DiskGauge, type DiskSpace, type ImageBook, type Images } from "../image-ports.ts";
import { type Logger } from "../observability/logger.ts";
import { type Clock, type LeaseStore } from "../ports.ts";
import { Wakeup } from "./wakeup.ts";

/** The disk is looked at this often, in milliseconds. */
const LOOK_EVERY_MS = 30_000;
/** Images are looked through this often; at once when the disk becomes nearly full. In milliseconds. */
const SWEEP_EVERY_MS = 600_000;
const SWEEP_TIMEOUT_MS = 120_000;
const MIB_SHIFT = 20n;

export interface HousekeeperComponents {
  readonly images: Images;
  readonly book: ImageBook;
  readonly store: LeaseStore;
  readonly disk: DiskGauge;
  readonly clock: Clock;
  readonly log: Logger;
  /** Orders are taken again, or not any more. */
  readonly onChange: () => void;
}

export interface HousekeeperInit {
  readonly disk: DiskRule;
  readonly imageRule: ImageRule;
}

/**
 * Keeps room on the disk: takes images away that no lease needs, by age, space and need, and closes the node to orders
 * while the disk is nearly full. What it cannot read, it leaves.
 */
export class Housekeeper {
  readonly #components: HousekeeperComponents;
  readonly #init: HousekeeperInit;
  readonly #task = new BackgroundTask((signal) => this.#run(signal));
  readonly #wakeup: Wakeup;
  #space: DiskSpace | undefined;
  #isLow = false;
  #sweptAt: number | undefined;

  constructor(components: HousekeeperComponents, init: HousekeeperInit) {
    this.#components = components;
    this.#init = init;
    this.#wakeup = new Wakeup(components.clock);
  }

  start(): void {
    this.#task.start();
  }

  async stop(): Promise<void> {
    this.#wakeup.stop();
    await this.#task.stop();
  }

  /** Somebody has found the disk nearly full. */
  hurry(): void {
    this.#wakeup.now();
  }

  /** Why no orders are taken now; undefined where there is room, or it is not known. */
  gate(): Reason | undefined {
    const space = this.#space;
    if (!this.#isLow || space === undefined) return undefined;
    const [has, needs] = [space.freeBytes, this.#init.disk.reserveBytes].map(
      (bytes) => `${bytes >> MIB_SHIFT}`,
    );
    return reason("node.disk", undefined, { needs: needs ?? "", has: has ?? "", unit: "MiB" });
  }

  async #run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#look(signal);
      await this.#wakeup.wait(LOOK_EVERY_MS, signal);
    }
  }

  async #look(signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#components;
    const becameLow = await this.#measure();
    if (!becameLow && clock.now() - (this.#sweptAt ?? -SWEEP_EVERY_MS) < SWEEP_EVERY_MS) return;
    this.#sweptAt = clock.now();
    try {
      await this.#sweep(AbortSignal.any([signal, AbortSignal.timeout(SWEEP_TIMEOUT_MS)]));
      if (becameLow) await this.#measure();
    } catch (error) {
      if (!signal.aborted) log.warn({ event: "images.not_swept", error }, "Old images could not be removed.");
    }
  }

  /** Whether the disk has become nearly full. */
  async #measure(): Promise<boolean> {
    const { disk, log, onChange } = this.#components;
    this.#space = await disk.read();
    const isLow = this.#space !== undefined && isNearlyFull(this.#space, this.#init.disk);
    if (isLow === this.#isLow) return false;
    this.#isLow = isLow;
    const fields = { event: isLow ? "disk.low" : "disk.ok", freeBytes: this.#space?.freeBytes.toString() };
    if (isLow) log.warn(fields, "The disk is nearly full: nothing is pulled, and no orders are taken.");
    else log.info(fields, "The disk has room again.");
    onChange();
    return isLow;
  }

  async #sweep(signal: AbortSignal): Promise<void> {
    const { images, book, store, clock, log } = this.#components;
    const listed = await images.list(signal);
    const sizes = new Map(
      listed.flatMap(({ references, sizeBytes }) =>
        references.map((name): [string, number] => [name, sizeBytes]),
      ),
    );
    const leases = store.leases().filter(({ removedAt }) => removedAt === null);
    const pinned = new Set(leases.flatMap((lease) => Object.values(lease.images)));
    const shortBytes = this.#space === undefined ? 0n : missingBytes(this.#space, this.#init.disk);
    const use = { sizes, pinned, now: clock.now(), shortBytes };
    for (const { reference, why } of imagesToRemove(book.images(), use, this.#init.imageRule)) {
      if (signal.aborted) return;
      // The engine keeps what a container is made of.
      if (!(await images.remove(reference, signal))) continue;
      await book.remove(reference);
      log.info({ event: "image.removed", reference, why }, "An image that no lease needs is gone.");
    }
  }
}
