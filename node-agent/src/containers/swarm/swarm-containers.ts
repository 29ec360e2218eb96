import { ProtocolError } from "@fizz/protocol/errors";
import type Docker from "dockerode";
import { callEngine } from "../call-engine.ts";
import { readDiskUsage } from "../disk-usage.ts";
import { LABEL } from "../labels.ts";
import { OutOfMemory } from "../out-of-memory.ts";
import { removeVolumes } from "../volumes.ts";
import { type ContainerDetails } from "./observe-swarm.ts";
import { type SwarmClient } from "./swarm-client.ts";
import { inOrder, phaseOf, presentTask, type SwarmNode, type SwarmTask } from "./swarm-facts.ts";

const NOT_FOUND = 404;
const CONFLICT = 409;
/** Time for one machine's engine to tell of a container, in milliseconds. The others are not kept waiting. */
const LOOK_MS = 3_000;
/** Time for one machine's engine to remove what a lease has there, in milliseconds. */
const REMOVE_MS = 10_000;
/** Beyond the grace, for a machine's engine to end a container, in milliseconds. */
const END_MS = 5_000;

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
        const limit = AbortSignal.any([signal, AbortSignal.timeout(LOOK_MS)]);
        const info = await place?.engine
          .getContainer(place.id)
          .inspect({ abortSignal: limit })
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
    // At once, so that one that does not answer does not take the time of the others.
    const readings = await Promise.all(
      this.#client.engines().map(async (engine, index) => {
        try {
          return [...(await readDiskUsage(engine, signal))];
        } catch (error) {
          if (index === 0) throw error;
          return [];
        }
      }),
    );
    this.#disk = new Map(readings.flat());
  }

  /** The containers of a service's starts, oldest first; the last one is the container as it is now. */
  async ofService(
    serviceId: string,
    signal: AbortSignal,
  ): Promise<{ readonly task: SwarmTask; readonly place: PlacedContainer | undefined }[]> {
    const all = inOrder(await this.#client.tasksOf(serviceId, signal));
    const present = presentTask(all);
    if (present === undefined) return [];
    const tasks = [...all.filter((task) => task !== present), present];
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

  /**
   * Removes what a lease without services has on the machines that answer: its volumes, and containers that the swarm has
   * lost or not removed yet.
   *
   * @returns The engines on which nothing of it is left.
   * @throws ProtocolError as Engine, of the manager; of others what they refuse
   */
  async removeRest(labels: readonly string[], signal: AbortSignal): Promise<ReadonlySet<Docker>> {
    const { docker: manager } = this.#client;
    const cleared = await Promise.all(
      this.#client.engines().map(async (engine) => {
        try {
          const limit = AbortSignal.any([signal, AbortSignal.timeout(REMOVE_MS)]);
          await callEngine("Removing what a lease has left", () => removeAllOf(engine, labels, limit));
          return [engine];
        } catch (error) {
          if (engine === manager || !isAway(error)) throw error;
          return [];
        }
      }),
    );
    return new Set(cleared.flat());
  }

  /**
   * Ends a container at its own engine, which waits as long as it is told and not as long as its service says. The swarm
   * ends what an engine that is away does not.
   */
  async end({ engine, id }: PlacedContainer, graceSeconds: number, signal: AbortSignal): Promise<void> {
    const container = engine.getContainer(id);
    const limit = AbortSignal.any([signal, AbortSignal.timeout(graceSeconds * 1_000 + END_MS)]);
    try {
      const options = { t: graceSeconds, abortSignal: limit };
      await callEngine("Stopping a container", () => container.stop(options), [304, NOT_FOUND, CONFLICT]);
    } catch (error) {
      if (signal.aborted || !isAway(error)) throw error;
    }
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

async function removeAllOf(engine: Docker, labels: readonly string[], signal: AbortSignal): Promise<void> {
  const filters = { label: [...labels] };
  const options = { v: true, force: true, abortSignal: signal };
  for (const { Id: id } of await engine.listContainers({ all: true, filters, abortSignal: signal }))
    await callEngine("Removing a container", () => engine.getContainer(id).remove(options), [
      NOT_FOUND,
      CONFLICT,
    ]);
  await removeVolumes(engine, labels, signal);
}

/** Of an engine that is not there, or takes too long to answer. */
export function isAway(error: unknown): boolean {
  return error instanceof ProtocolError && ["ENGINE_UNREACHABLE", "TIMEOUT"].includes(error.code);
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
