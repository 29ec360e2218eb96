import { setTimeout as delay } from "node:timers/promises";
import { ProtocolError } from "@fizz/protocol/errors";
import type Docker from "dockerode";
import { type Hex } from "viem";
import { isSetByService } from "../../domain/machine-settings.ts";
import { type ObservedContainer } from "../../domain/observed.ts";
import { type ContainerUsage } from "../../domain/usage.ts";
import { type ContainerSpec, type RunningLimits } from "../../domain/workload.ts";
import { type ExecSession, type Program } from "../../exec-ports.ts";
import {
  type Engine,
  type EngineFacts,
  type ImageFacts,
  type OnPullProgress,
  type OutputLine,
  type OutputQuery,
} from "../../ports.ts";
import { callEngine } from "../call-engine.ts";
import { startExec } from "../exec.ts";
import { registryAuthOf } from "../../domain/image-reference.ts";
import { LABEL, networkNameOf } from "../labels.ts";
import { provideImage } from "../pull-image.ts";
import { readable } from "../readable.ts";
import { readUsage } from "../usage.ts";
import { imageEverywhere } from "./image-everywhere.ts";
import { limitsOf, observedOfSwarm } from "./observe-swarm.ts";
import { resizedSpec, startedSpec, stoppedSpec } from "./service-changes.ts";
import { serviceOptions } from "./service-options.ts";
import { removeSwarmLease } from "./remove-swarm-lease.ts";
import { SwarmContainers } from "./swarm-containers.ts";
import { type MachineEngines, SwarmClient } from "./swarm-client.ts";
import { inOrder, isUnderWay, machineOf, phaseOf, presentTask, type SwarmTask } from "./swarm-facts.ts";
import { requireCards } from "./swarm-gpus.ts";
import { readSwarmOutput } from "./swarm-output.ts";
import { watchEngines } from "./swarm-watch.ts";
import { TaskEnds } from "./task-ends.ts";
import { VolumePins } from "./volume-pins.ts";

const NOT_FOUND = 404;
const CONFLICT = 409;
const POLL_MS = 200;
/** A task that the swarm has nowhere to put is given up after this time, in milliseconds; it goes on waiting. */
const PLACE_MS = 5_000;
/** A machine has this time beyond the grace to tell that a task has ended, in milliseconds. */
const END_MS = 15_000;

export interface SwarmEngineInit {
  /** A manager's engine: `unix:///path` or `tcp://host:port`. */
  readonly host: string;
  /** Operator of this node: whose services these are. */
  readonly node: string;
  /** More labels for everything that is made. */
  readonly labels?: Readonly<Record<string, string>>;
  /** Engines of the other machines. */
  readonly engines?: MachineEngines;
  /** Whether traffic between the machines is encrypted; their kernels need IPsec. */
  readonly isEncrypted?: boolean;
  /** Id of the machine on which everything is started without reserving anything there: for trials. */
  readonly trialOn?: string;
}

/** Containers on the machines of a swarm: for each one a service, of one task when it runs. */
export class SwarmEngine implements Engine {
  readonly #client: SwarmClient;
  readonly #containers: SwarmContainers;
  readonly #pins: VolumePins;
  readonly #ends = new TaskEnds();
  readonly #labels: Readonly<Record<string, string>>;
  readonly #node: string;
  readonly #isEncrypted: boolean;
  readonly #trialOn: string | undefined;

  constructor(init: SwarmEngineInit) {
    this.#client = new SwarmClient(init.host, init.node, init.engines ?? {});
    this.#containers = new SwarmContainers(this.#client);
    this.#node = init.node;
    this.#labels = { ...init.labels, [LABEL.node]: init.node };
    this.#pins = new VolumePins(this.#client, init.node, this.#labels);
    this.#isEncrypted = init.isEncrypted ?? false;
    this.#trialOn = init.trialOn;
  }

  /** Of all machines that take tasks. */
  async facts(signal: AbortSignal): Promise<EngineFacts> {
    const info = await this.#client.info(signal);
    const machines = (await this.#client.nodes(signal)).filter(({ takesTasks }) => takesTasks);
    return {
      version: info.ServerVersion,
      cpus: machines.reduce((sum, { nanoCpus }) => sum + Math.floor(nanoCpus / 1e9), 0),
      memoryBytes: machines.reduce((sum, { memoryBytes }) => sum + memoryBytes, 0),
      architecture: info.Architecture,
      liveRestore: false,
      warnings: info.Warnings ?? [],
    };
  }

  async observe(signal: AbortSignal): Promise<ObservedContainer[]> {
    // First, as it finds a manager that answers.
    const nodes = await this.#client.nodes(signal);
    const services = await this.#client.services(signal);
    const ids = new Set(services.map(({ ID }) => ID));
    const tasks = (await this.#client.tasks(signal)).filter(({ ServiceID }) => ids.has(ServiceID));
    const present = services.flatMap(({ ID }) => presentTask(tasksOf(ID, tasks)) ?? []);
    const details = await this.#containers.detailsOf(present, nodes, signal);
    return observedOfSwarm({ services, tasks, nodes, details, ends: this.#ends.of(tasks) });
  }

  async provideImage(
    spec: ContainerSpec,
    onProgress: OnPullProgress,
    signal: AbortSignal,
  ): Promise<ImageFacts> {
    return await provideImage(this.#client.docker, spec, { onProgress, signal });
  }

  async create(spec: ContainerSpec, digest: string, signal: AbortSignal): Promise<void> {
    const { docker } = this.#client;
    const info = await this.#client.info(signal);
    if (spec.limits.gpuUnits > 0) requireCards(await this.#client.nodes(signal));
    await this.#ensureNetwork(spec, signal);
    const { ApiVersion: api } = await callEngine("Asking the engine", () => docker.version());
    const place = {
      image: await imageEverywhere(docker, spec.image),
      labels: this.#labels,
      machine: this.#trialOn ?? (await this.#pins.machineOf(spec, signal)),
      isTrial: this.#trialOn !== undefined,
      hasInit: info.InitCommit?.ID !== undefined && info.InitCommit.ID !== "N/A",
      canConfine: isSetByService("no new privileges", api),
    };
    const options = { ...serviceOptions(spec, digest, place), abortSignal: signal };
    const auth = registryAuthOf(spec);
    await callEngine(
      `Creating a service of ${spec.service}`,
      () => (auth === undefined ? docker.createService(options) : docker.createService(auth, options)),
      [CONFLICT],
    );
  }

  async start(id: string, signal: AbortSignal): Promise<void> {
    let generation = -1;
    const service = await this.#client.service(id, signal);
    const machine = await this.#pins.machineOfService(service, signal);
    // One that waits for a machine by its former id waits for ever.
    const isMoved = machine !== undefined && service !== undefined && machineOf(service.Spec) !== machine;
    if (isMoved || !isUnderWay(presentTask(await this.#client.tasksOf(id, signal)))) {
      const spec = await this.#client.update(id, (known) => startedSpec(known, machine), signal);
      if (spec === undefined) throw new ProtocolError("ENGINE_FAILED", "There is no such container.");
      generation = spec.TaskTemplate.ForceUpdate;
    }
    await this.#untilStarted(id, ({ Spec }) => Spec.ForceUpdate >= generation, signal);
  }

  /**
   * A service's limits are those of its tasks: a new task starts, then the old one ends. Where none can start, the old one
   * goes on with what it had.
   */
  async resize(id: string, limits: RunningLimits, signal: AbortSignal): Promise<void> {
    const known = await this.#client.service(id, signal);
    if (known === undefined) return;
    const before = await this.#client.tasksOf(id, signal);
    await this.#client.update(id, (spec) => resizedSpec(spec, limits), signal);
    if (!isUnderWay(presentTask(before))) return;
    const isNext = ({ ID }: SwarmTask): boolean => !before.some((task) => task.ID === ID);
    try {
      await this.#untilStarted(id, isNext, signal);
    } catch (error) {
      await this.#client.update(id, (spec) => resizedSpec(spec, limitsOf(known)), signal);
      throw error;
    }
  }

  async stop(id: string, graceSeconds: number, signal: AbortSignal): Promise<void> {
    const live = (await this.#containers.ofService(id, signal)).filter(({ task }) => isLive(task));
    await this.#client.update(id, stoppedSpec, signal);
    for (const { place } of live)
      if (place !== undefined) await this.#containers.end(place, graceSeconds, signal);
    await this.#untilEnded(id, graceSeconds * 1_000 + END_MS, signal);
  }

  async remove(id: string, signal: AbortSignal): Promise<void> {
    await this.stop(id, 0, signal);
    const service = this.#client.docker.getService(id);
    await callEngine(
      "Removing a service",
      () => service.remove({ abortSignal: signal }) as Promise<unknown>,
      [NOT_FOUND],
    );
  }

  async removeLease(leaseHash: Hex, signal: AbortSignal): Promise<void> {
    const parts = { client: this.#client, containers: this.#containers, pins: this.#pins };
    await removeSwarmLease(parts, { node: this.#node, leaseHash }, signal);
  }

  async measureDisk(signal: AbortSignal): Promise<void> {
    await this.#containers.measureDisk(signal);
  }

  async *output(id: string, query: OutputQuery, signal: AbortSignal): AsyncGenerator<OutputLine, void, void> {
    const parts = { client: this.#client, containers: this.#containers };
    yield* readSwarmOutput(parts, { id, query }, signal);
  }

  /** None of one on a machine whose engine is not reached. */
  async *usage(id: string, signal: AbortSignal): AsyncGenerator<ContainerUsage, void, void> {
    const { task, place } = (await this.#containers.ofService(id, signal)).at(-1) ?? {};
    if (task === undefined || place === undefined || phaseOf(task) !== "running") return;
    const options = { stream: true as const, abortSignal: signal };
    const container = place.engine.getContainer(place.id);
    const stream = await callEngine("Reading stats", () => container.stats(options), [NOT_FOUND]);
    if (stream !== undefined) yield* readUsage(readable(stream), signal);
  }

  async exec(id: string, program: Program, signal: AbortSignal): Promise<ExecSession> {
    const { engine, id: containerId } = await this.#containers.requireRunning(id, signal);
    return await startExec(engine.getContainer(containerId), program, signal);
  }

  async watch(onChange: () => void, signal: AbortSignal): Promise<void> {
    await watchEngines(this.#client.engines(), { node: this.#node, onChange, signal });
  }

  /** @param isIt Whether a task is the one that is waited for, or one after it. */
  async #untilStarted(id: string, isIt: (task: SwarmTask) => boolean, signal: AbortSignal): Promise<void> {
    const from = performance.now();
    let why = "";
    for (;;) {
      const newest = newestOf(id, await this.#client.tasksOf(id, signal));
      if (newest !== undefined && isIt(newest)) {
        why = newest.Status.Err;
        requirePlaced(newest, performance.now() - from);
        if (phaseOf(newest) !== "waiting") return;
      }
      await delay(POLL_MS, undefined, { signal }).catch(() => {
        throw new ProtocolError("TIMEOUT", `The swarm has not started it in time. ${why}`);
      });
    }
  }

  /** Tasks on a machine that is down are not waited for. */
  async #untilEnded(id: string, limitMs: number, signal: AbortSignal): Promise<void> {
    const until = performance.now() + limitMs;
    for (;;) {
      const tasks = (await this.#client.tasksOf(id, signal)).filter(isLive);
      if (tasks.length === 0) return;
      const nodes = await this.#client.nodes(signal);
      const isAnswered = ({ NodeID }: SwarmTask): boolean =>
        nodes.some((node) => node.id === NodeID && node.isReady);
      if (!tasks.some(isAnswered)) return;
      if (performance.now() > until)
        throw new ProtocolError("TIMEOUT", "The swarm has not ended the container in time.");
      await delay(POLL_MS, undefined, { signal });
    }
  }

  async #ensureNetwork({ leaseHash, lid }: ContainerSpec, signal: AbortSignal): Promise<void> {
    const { docker } = this.#client;
    const name = networkNameOf(leaseHash);
    const known = await callEngine("Looking for a network", () => docker.getNetwork(name).inspect(), [
      NOT_FOUND,
    ]);
    if (known !== undefined) return;
    const options: Docker.NetworkCreateOptions = {
      Name: name,
      CheckDuplicate: true,
      Driver: "overlay",
      // Nothing but tasks of this lease joins it.
      Attachable: false,
      Labels: { ...this.#labels, [LABEL.lease]: leaseHash, [LABEL.lid]: lid.toString() },
      ...(this.#isEncrypted ? { Options: { encrypted: "true" } } : {}),
    };
    await callEngine("Creating a network", () => docker.createNetwork({ ...options, abortSignal: signal }), [
      CONFLICT,
    ]);
  }
}

function tasksOf(serviceId: string, tasks: readonly SwarmTask[]): SwarmTask[] {
  return tasks.filter(({ ServiceID }) => ServiceID === serviceId);
}

function newestOf(serviceId: string, tasks: readonly SwarmTask[]): SwarmTask | undefined {
  return inOrder(tasksOf(serviceId, tasks)).at(-1);
}

/** @param waitedMs Since the start was asked for. @throws ProtocolError ENGINE_FAILED when no machine starts it */
function requirePlaced({ Status: { State: state, Err: why } }: SwarmTask, waitedMs: number): void {
  if (state === "rejected") throw new ProtocolError("ENGINE_FAILED", `The machine cannot start it: ${why}.`);
  if (state === "pending" && why !== "" && waitedMs > PLACE_MS)
    throw new ProtocolError("ENGINE_FAILED", `No machine of the swarm can take it: ${why}.`);
}

function isLive(task: SwarmTask): boolean {
  return phaseOf(task) !== "ended";
}
