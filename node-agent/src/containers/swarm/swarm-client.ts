import { ProtocolError } from "@fizz/protocol/errors";
import type Docker from "dockerode";
import { z } from "zod";
import { callEngine } from "../call-engine.ts";
import { connectDocker } from "../docker-client.ts";
import { engineMessage } from "../engine-error.ts";
import { LABEL } from "../labels.ts";
import { whenAborted } from "../when-aborted.ts";
import {
  readNodes,
  readServices,
  readTasks,
  type SwarmNode,
  type SwarmService,
  type SwarmTask,
} from "./swarm-facts.ts";

const NOT_FOUND = 404;
/** Time for one manager to say that it is there, in milliseconds. */
const ANSWER_MS = 10_000;
/** Tries to change a service that the swarm itself changes at the same time. */
const UPDATE_TRIES = 10;
/** What the swarm says when its service is newer than the one that was changed. */
const OUTDATED = /out of sequence/;

const infoSchema = z.object({
  ServerVersion: z.string(),
  InitCommit: z.object({ ID: z.string() }).partial().nullish(),
  Warnings: z.array(z.string()).nullish(),
  Architecture: z.string().default(""),
  Swarm: z.object({
    NodeID: z.string().default(""),
    NodeAddr: z.string().default(""),
    LocalNodeState: z.string().default("inactive"),
    ControlAvailable: z.boolean().default(false),
    /** Why it cannot manage now, such as that there is no leader. */
    Error: z.string().default(""),
    Cluster: z.object({ ID: z.string() }).nullish(),
  }),
});
export type SwarmInfo = z.output<typeof infoSchema>;

/** Engines of other machines of the swarm: the machine's host name, address or id, and where its engine answers. */
export type MachineEngines = Readonly<Record<string, string>>;

/**
 * Reads and changes a swarm, through the engine of one of its managers: the one that is named first, or another one whose
 * engine is reached while that one does not answer or has lost the others.
 */
export class SwarmClient {
  readonly #node: string;
  readonly #others: ReadonlyMap<string, Docker>;
  /** By id of their machines, as they have told. */
  readonly #known = new Map<string, Docker>();
  #manager: Docker;
  readonly #first: Docker;
  /** The one that was managed last: another manager must be of it. */
  #swarm: string | undefined;

  /** @param node Operator whose services are read. */
  constructor(host: string, node: string, others: MachineEngines) {
    this.#first = connectDocker(host);
    this.#manager = this.#first;
    this.#node = node;
    this.#others = new Map(Object.entries(others).map(([name, where]) => [name, connectDocker(where)]));
  }

  /** The engine of the manager that answered last. */
  get docker(): Docker {
    return this.#manager;
  }

  /** Whether it is the one that is named first. */
  get isFirst(): boolean {
    return this.#manager === this.#first;
  }

  /**
   * What a manager says of itself; from then on that one is asked.
   *
   * @throws ProtocolError as Engine, of the one that was asked before; REQUIREMENT_MISSING when that manages no swarm
   */
  async info(signal: AbortSignal): Promise<SwarmInfo> {
    let reason: unknown;
    for (const docker of this.engines())
      try {
        const info = await this.#ask(docker, signal);
        this.#manager = docker;
        this.#swarm = info.Swarm.Cluster?.ID;
        return info;
      } catch (error) {
        reason ??= error;
      }
    throw reason;
  }

  /** @throws ProtocolError as Engine; ENGINE_UNREACHABLE when it has no leader; REQUIREMENT_MISSING when it manages no swarm */
  async #ask(docker: Docker, signal: AbortSignal): Promise<SwarmInfo> {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)]);
    const raw: unknown = await callEngine("Asking the engine", async () => {
      return await Promise.race([docker.info() as Promise<unknown>, whenAborted(limit)]);
    });
    const info = infoSchema.parse(raw);
    const { NodeID, LocalNodeState, ControlAvailable, Error: why, Cluster } = info.Swarm;
    if (NodeID !== "") this.#remember(NodeID, docker);
    if (LocalNodeState !== "active" || !ControlAvailable)
      throw new ProtocolError(
        "REQUIREMENT_MISSING",
        "The Docker Engine manages no swarm. Run `docker swarm init` on it, or set FIZZ_NODE_ENGINE=docker.",
      );
    if (why !== "")
      throw new ProtocolError("ENGINE_UNREACHABLE", `The swarm's manager cannot manage: ${why}`);
    const isOther = this.#swarm !== undefined && Cluster?.ID !== this.#swarm;
    if (isOther && docker !== this.#manager)
      throw new ProtocolError("REQUIREMENT_MISSING", "The Docker Engine manages another swarm.");
    return info;
  }

  #remember(id: string, docker: Docker): void {
    for (const [known, engine] of this.#known) if (engine === docker) this.#known.delete(known);
    this.#known.set(id, docker);
  }

  async nodes(signal: AbortSignal): Promise<SwarmNode[]> {
    const { Swarm: own } = await this.info(signal);
    const raw = await callEngine("Listing machines", () => this.docker.listNodes({ abortSignal: signal }));
    return readNodes(raw, { id: own.NodeID, address: own.NodeAddr });
  }

  /** Services of this node. */
  async services(signal: AbortSignal): Promise<SwarmService[]> {
    const filters = JSON.stringify({ label: [`${LABEL.node}=${this.#node}`] });
    return readServices(
      await callEngine("Listing services", () => this.docker.listServices({ filters, abortSignal: signal })),
    );
  }

  async tasks(signal: AbortSignal): Promise<SwarmTask[]> {
    return readTasks(await callEngine("Listing tasks", () => this.docker.listTasks({ abortSignal: signal })));
  }

  async tasksOf(serviceId: string, signal: AbortSignal): Promise<SwarmTask[]> {
    return (await this.tasks(signal)).filter(({ ServiceID }) => ServiceID === serviceId);
  }

  /** Undefined when it is gone. */
  async service(id: string, signal: AbortSignal): Promise<SwarmService | undefined> {
    const service = this.docker.getService(id);
    const found: unknown = await callEngine(
      "Looking at a service",
      () => service.inspect({ abortSignal: signal }),
      [NOT_FOUND],
    );
    return found === undefined ? undefined : readServices([found])[0];
  }

  /**
   * Changes a service, whatever the swarm does with it meanwhile.
   *
   * @param change Gets the service's present spec, and gives the one that it shall have; undefined to leave it.
   * @returns The spec that it has then; undefined when it is gone.
   */
  async update(
    id: string,
    change: (spec: SwarmService["Spec"]) => SwarmService["Spec"] | undefined,
    signal: AbortSignal,
  ): Promise<SwarmService["Spec"] | undefined> {
    for (let tries = 1; ; tries += 1) {
      const service = await this.service(id, signal);
      if (service === undefined) return undefined;
      const spec = change(service.Spec);
      if (spec === undefined) return service.Spec;
      try {
        const options = { version: service.Version.Index, ...spec, abortSignal: signal };
        const { docker } = this;
        await callEngine(
          "Changing a service",
          () => docker.getService(id).update(options) as Promise<unknown>,
        );
        return spec;
      } catch (error) {
        if (tries >= UPDATE_TRIES || !OUTDATED.test(engineMessage(error))) throw error;
      }
    }
  }

  /** The engine of a machine; undefined where it is not reached. */
  async engineOf(node: SwarmNode | undefined, signal: AbortSignal): Promise<Docker | undefined> {
    if (node === undefined) return undefined;
    if (this.#known.size === 0) await this.info(signal);
    const known = this.#known.get(node.id);
    if (known !== undefined) return known;
    return [node.hostname, node.address, node.id]
      .map((name) => this.#others.get(name))
      .find((docker) => docker !== undefined);
  }

  /** Every engine that is reached, the manager's first. */
  engines(): readonly Docker[] {
    return [...new Set([this.#manager, this.#first, ...this.#others.values()])];
  }
}
