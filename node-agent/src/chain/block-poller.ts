import { type Hash, type PublicClient } from "viem";
import { BackgroundTask } from "../background-task.ts";
import { BlockRhythm } from "../domain/block-rhythm.ts";
import { type Logger } from "../observability/logger.ts";
import { type Clock } from "../ports.ts";
import { type TimedBlock } from "./lease-views.ts";

export interface BlockPollerComponents {
  readonly client: PublicClient;
  readonly clock: Clock;
  readonly log: Logger;
  /** @param head Undefined when it could not be read. */
  readonly onBlock: (head: TimedBlock | undefined) => void;
}

/** Calls back for each new head, a replaced head of the same height included. */
export class BlockPoller {
  readonly #components: BlockPollerComponents;
  readonly #task = new BackgroundTask((signal) => this.#poll(signal));

  constructor(components: BlockPollerComponents) {
    this.#components = components;
  }

  start(): void {
    this.#task.start();
  }

  async stop(): Promise<void> {
    await this.#task.stop();
  }

  async #poll(signal: AbortSignal): Promise<void> {
    const { client, clock, log, onBlock } = this.#components;
    const rhythm = new BlockRhythm();
    let last: Hash | undefined;
    while (!signal.aborted) {
      try {
        const head = await client.getBlock({ blockTag: "latest" });
        if (head.hash !== last) {
          last = head.hash;
          rhythm.note({ number: head.number, timestamp: head.timestamp, atMs: clock.now() });
          onBlock(head);
        }
      } catch (error) {
        log.debug({ event: "chain.poll_failed", error }, "The head could not be read.");
        // The reconciler finds out and says so, with its own back-off.
        onBlock(undefined);
      }
      await clock.sleep(rhythm.waitMs(clock.now()), signal);
    }
  }
}
