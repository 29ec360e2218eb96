import { ProtocolError } from "@fizz/protocol/errors";
import type Docker from "dockerode";
import { callEngine } from "../call-engine.ts";
import { readDiskUsage } from "../disk-usage.ts";
import { LABEL } from "../labels.ts";
import { OutOfMemory } from "../out-of-memory.ts";
import { removeVolumes } from "../volumes.ts";
import { type ContainerDetails } from "./observe-swarm.ts";
import { type SwarmClient } from "./swarm-client.ts";
import { inOrder, phaseOf, type SwarmNode, type SwarmTask } from "./swarm-facts.ts";

const NOT_FOUND = 404;

/** A container on the machine on which it runs. */
export interface PlacedContainer {
  readonly engine: Docker;
  readonly id: string;
}

/** Containers of a swarm's tasks, on the machines whose engines are reached. */
export class SwarmContainers {
  readonly #client: SwarmClient;
  readonly #outOfMemory = new OutOfMemory();
  #disk: ReadonlyMap<string, number> = new Map();

  constructor(client: SwarmClient) {
    this.#client = client;
  }

  /** What the machines' engines tell of containers that run or have ended; nothing of those that are not reached. */
  async detailsOf(
    tasks: readonly SwarmTask[],
    nodes: readonly SwarmNode[],
    signal: AbortSignal,
  ): Promise<ReadonlyMap<string, ContainerDetails>> {
    const found = await Promise.all(
      tasks.map(async (task) => {
        const place = await this.#placeOf(task, nodes, signal);
        // A machine that does not answer now must not stop the look at the others.
        const info = await place?.engine
          .getContainer(place.id)
          .inspect({ abortSignal: signal })
          .catch(() => undefined);
        if (place === undefined || info === undefined) return [];
        const details = {
          startedAt: timeOf(info.State.StartedAt),
          outOfMemory: await this.#outOfMemory.ended(place.engine, info, signal),
          diskBytes: this.#disk.get(place.id) ?? null,
        };
        return [[place.id, details] as const];
      }),
    );
    return new Map(found.flat());
  }

  async measureDisk(signal: AbortSignal): Promise<void> {
    const all = new Map<string, number>();
    for (const [index, engine] of this.#client.engines().entries())
      try {
        for (const [id, bytes] of await readDiskUsage(engine, signal)) all.set(id, bytes);
      } catch (error) {
        if (index === 0) throw error;
      }
    this.#disk = all;
  }

  /** The containers of a service's starts, oldest first. */
  async ofService(
    serviceId: string,
    signal: AbortSignal,
  ): Promise<{ readonly task: SwarmTask; readonly place: PlacedContainer | undefined }[]> {
    const tasks = inOrder(await this.#client.tasksOf(serviceId, signal));
    if (tasks.length === 0) return [];
    const nodes = await this.#client.nodes(signal);
    return await Promise.all(
      tasks.map(async (task) => ({ task, place: await this.#placeOf(task, nodes, signal) })),
    );
  }

  /**
   * The container of a service that runs, for what only its machine's engine can do.
   *
   * @throws ProtocolError EXEC_FAILED when it does not run, or its machine's engine is not reached
   */
  async requireRunning(serviceId: string, signal: AbortSignal): Promise<PlacedContainer> {
    const { task, place } = (await this.ofService(serviceId, signal)).at(-1) ?? {};
    if (task === undefined || phaseOf(task) !== "running")
      throw new ProtocolError("EXEC_FAILED", "The container does not run.");
    if (place !== undefined) return place;
    const message =
      "The container runs on a machine of the swarm whose engine the node does not reach (FIZZ_NODE_SWARM_ENGINES).";
    throw new ProtocolError("EXEC_FAILED", message);
  }

  /** Removes what a lease has kept on the machines. */
  async removeVolumes(labels: readonly string[]): Promise<void> {
    for (const engine of this.#client.engines())
      await callEngine("Removing volumes", () => removeVolumes(engine, labels));
  }

  /** Ends a container at its own engine, which waits as long as it is told and not as long as its service says. */
  async end({ engine, id }: PlacedContainer, graceSeconds: number, signal: AbortSignal): Promise<void> {
    const container = engine.getContainer(id);
    const ignored = [304, NOT_FOUND, 409];
    await callEngine(
      "Stopping a container",
      () => container.stop({ t: graceSeconds, abortSignal: signal }),
      ignored,
    );
  }

  async #placeOf(
    task: SwarmTask,
    nodes: readonly SwarmNode[],
    signal: AbortSignal,
  ): Promise<PlacedContainer | undefined> {
    const id = task.Status.ContainerStatus?.ContainerID ?? "";
    const node = nodes.find((candidate) => candidate.id === task.NodeID);
    const engine = id === "" ? undefined : await this.#client.engineOf(node, signal);
    return engine === undefined ? undefined : { engine, id };
  }
}

/** Of volumes and records of one lease of a node. */
export function leaseLabels(node: string, leaseHash: string): string[] {
  return [`${LABEL.node}=${node}`, `${LABEL.lease}=${leaseHash}`];
}

/** The engine writes the year 1 for "never". */
function timeOf(text: string): number | null {
  const time = Date.parse(text);
  return Number.isFinite(time) && time > 0 ? time : null;
}
