import { ProtocolError } from "@fizz/protocol/errors";
import { type Hex } from "viem";
import { BackgroundTask } from "../background-task.ts";
import { factsOf, type GpuCard, leasableCards } from "../domain/gpu-card.ts";
import { type ObservedContainer } from "../domain/observed.ts";
import { type CardSource, type GpuReader, type GpuStock } from "../gpu-ports.ts";
import { type Logger } from "../observability/logger.ts";
import { type Clock, type Journal } from "../ports.ts";

/** Time between two questions to the driver, in milliseconds. */
export const GPU_LOOK_MS = 30_000;
const LOOK_TIMEOUT_MS = 25_000;
/** One failure alone is not told to tenants. */
const FAILURES_TOLD = 2;

export interface GpuWatchComponents {
  readonly reader: GpuReader;
  readonly clock: Clock;
  readonly log: Logger;
  readonly journal: Pick<Journal, "append">;
  readonly containers: () => readonly ObservedContainer[];
  /** There are more or fewer cards than before. */
  readonly onChange: () => void;
}

/**
 * Knows the cards that can be leased. While the driver does not answer, or a card is gone, fewer are offered; what runs is
 * left as it is, and its tenants are told once.
 */
export class GpuWatch implements CardSource {
  readonly #components: GpuWatchComponents;
  readonly #gpuModel: number;
  readonly #task = new BackgroundTask((signal) => this.#run(signal));
  #cards: readonly GpuCard[] = [];
  #problem: string | undefined = "The driver has not answered yet.";
  #failures = 0;
  #told: ReadonlySet<string> = new Set();

  /** @param gpuModel Index of the model that the node registered. */
  constructor(components: GpuWatchComponents, gpuModel: number) {
    this.#components = components;
    this.#gpuModel = gpuModel;
  }

  start(): void {
    this.#task.start();
  }

  async stop(): Promise<void> {
    await this.#task.stop();
  }

  cards(): readonly GpuCard[] {
    if (this.#problem === undefined) return this.#cards;
    throw new ProtocolError("GPU_UNAVAILABLE", this.#problem);
  }

  stock(): GpuStock {
    const facts = factsOf(this.#cards);
    if (this.#problem === undefined) return { count: this.#cards.length, facts, problem: undefined };
    return { count: 0, facts, problem: this.#problem };
  }

  /** Asks the driver once. Never throws. */
  async look(signal: AbortSignal): Promise<void> {
    const { reader, log, onChange } = this.#components;
    const before = this.stock();
    try {
      const limit = AbortSignal.any([signal, AbortSignal.timeout(LOOK_TIMEOUT_MS)]);
      this.#cards = leasableCards(await reader.read(limit), this.#gpuModel);
      this.#problem = undefined;
      this.#failures = 0;
    } catch (error) {
      if (signal.aborted) return;
      // A swarm that does not answer says nothing of its machines' cards.
      this.#failures = isOfDriver(error) ? this.#failures + 1 : 0;
      this.#problem = error instanceof Error ? error.message : "The driver does not answer.";
      log.warn({ event: "gpu.unreadable", error }, "The GPUs cannot be looked at; none is offered.");
    }
    this.#tellLost();
    const after = this.stock();
    if (after.count === before.count) return;
    log.info({ event: "gpu.count", before: before.count, after: after.count }, "The GPUs on offer changed.");
    onChange();
  }

  /** Each loss once; again after the card was back. */
  #tellLost(): void {
    if (this.#problem !== undefined && this.#failures < FAILURES_TOLD) return;
    const here = new Set(this.#problem === undefined ? this.#cards.map(({ uuid }) => uuid) : []);
    const lost = this.#components
      .containers()
      .flatMap((container) => (container.gpus ?? []).map((uuid) => ({ container, uuid })))
      .filter(({ uuid }) => !here.has(uuid));
    for (const { container, uuid } of lost)
      if (!this.#told.has(keyOf(container.leaseHash, uuid))) this.#tell(container, uuid);
    this.#told = new Set(lost.map(({ container, uuid }) => keyOf(container.leaseHash, uuid)));
  }

  #tell({ leaseHash, service, replica }: ObservedContainer, uuid: string): void {
    const why =
      this.#problem === undefined ? "its driver does not tell of it any more" : "its driver does not answer";
    const message = `The GPU ${uuid} is lost: ${why}. The container is left as it is`;
    this.#components.log.warn({ event: "gpu.lost", leaseHash, uuid }, "A leased GPU is lost.");
    this.#components.journal.append(leaseHash, {
      code: "gpu.lost",
      message,
      service,
      replica,
      data: { uuid },
    });
  }

  async #run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.look(signal);
      await this.#components.clock.sleep(GPU_LOOK_MS, signal);
    }
  }
}

/** Whether it is the cards' own driver that fails, and not who tells of them. */
function isOfDriver(error: unknown): boolean {
  return !(error instanceof ProtocolError) || ["GPU_UNAVAILABLE", "GPU_UNREADABLE"].includes(error.code);
}

function keyOf(leaseHash: Hex, uuid: string): string {
  return `${leaseHash} ${uuid}`;
}
