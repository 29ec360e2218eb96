import { BackgroundTask } from "../background-task.ts";
import { type MachineChange, machineChanges, type SwarmMachine } from "../domain/swarm-machines.ts";
import { type MachineReader } from "../machine-ports.ts";
import { type Logger } from "../observability/logger.ts";
import { type Clock } from "../ports.ts";

/** Time between two looks, in milliseconds. */
export const MACHINE_LOOK_MS = 30_000;
const LOOK_TIMEOUT_MS = 25_000;

export interface MachineWatchComponents {
  readonly reader: MachineReader;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Tells the owner of a swarm's machines that come, go, or get no containers, each change once. */
export class MachineWatch {
  readonly #components: MachineWatchComponents;
  readonly #task = new BackgroundTask((signal) => this.#run(signal));
  #known: readonly SwarmMachine[] | undefined;

  constructor(components: MachineWatchComponents) {
    this.#components = components;
  }

  start(): void {
    this.#task.start();
  }

  async stop(): Promise<void> {
    await this.#task.stop();
  }

  /** Looks once. Never throws: a swarm that does not answer says nothing of its machines. */
  async look(signal: AbortSignal): Promise<void> {
    const { reader, log } = this.#components;
    try {
      const limit = AbortSignal.any([signal, AbortSignal.timeout(LOOK_TIMEOUT_MS)]);
      const now = await reader.read(limit);
      for (const change of machineChanges(this.#known, now)) this.#tell(change);
      this.#known = now;
    } catch (error) {
      log.debug({ event: "swarm.unreached", error }, "The swarm's machines cannot be looked at.");
    }
  }

  #tell({ machine, before, isGone }: MachineChange): void {
    const { hostname, address, state } = machine;
    const fields = { event: "swarm.machine", hostname, address, before, state: isGone ? "gone" : state };
    if (!isGone && state === "serving")
      this.#components.log.info(fields, "A machine of the swarm gets containers.");
    else this.#components.log.warn(fields, "A machine of the swarm gets no containers; doctor says why.");
  }

  async #run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.look(signal);
      await this.#components.clock.sleep(MACHINE_LOOK_MS, signal);
    }
  }
}
