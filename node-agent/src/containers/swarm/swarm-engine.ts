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
import { NANO_CPUS_PER_MILLI } from "../container-options.ts";
import { engineMessage } from "../engine-error.ts";
import { startExec } from "../exec.ts";
import { registryAuthOf } from "../../domain/image-reference.ts";
import { LABEL, networkNameOf } from "../labels.ts";
import { provideImage } from "../pull-image.ts";
import { readable } from "../readable.ts";
import { readUsage } from "../usage.ts";
import { imageEverywhere } from "./image-everywhere.ts";
import { observedOfSwarm } from "./observe-swarm.ts";
import { onPrepared, serviceOptions } from "./service-options.ts";
import { leaseLabels, SwarmContainers } from "./swarm-containers.ts";
import { type MachineEngines, SwarmClient } from "./swarm-client.ts";
import { inOrder, isUnderWay, phaseOf, STOPPED, type SwarmTask } from "./swarm-facts.ts";
import { requireCards } from "./swarm-gpus.ts";
import { readSwarmOutput } from "./swarm-output.ts";
import { watchEngines } from "./swarm-watch.ts";
import { VolumePins } from "./volume-pins.ts";

const NOT_FOUND = 404;
const CONFLICT = 409;
const POLL_MS = 200;
/** A task that the swarm has nowhere to put is given up after this time, in milliseconds; it goes on waiting. */
const PLACE_MS = 5_000;
/** A machine has this time beyond the grace to tell that a task has ended, in milliseconds. */
const END_MS = 15_000;
/** Time for a lease's network and volumes to be free of tasks that have just ended, in milliseconds. */
const BUSY_MS = 15_000;
/** What the engine says of a network or a volume whose last tasks are on their way out, or are gone for a part of it. */
const BUSY = /in use|active endpoints|not found/;

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
    const newest = services.flatMap(({ ID }) => newestOf(ID, tasks) ?? []);
    const details = await this.#containers.detailsOf(newest, nodes, signal);
    return observedOfSwarm({ services, tasks, nodes, details });
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
    await this.#ensureNetwork(spec.leaseHash, signal);
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
    if (!isUnderWay(newestOf(id, await this.#client.tasksOf(id, signal)))) {
      const spec = await this.#client.update(id, startedSpec, signal);
      if (spec === undefined) throw new ProtocolError("ENGINE_FAILED", "There is no such container.");
      generation = spec.TaskTemplate.ForceUpdate;
    }
    await this.#untilStarted(id, generation, signal);
  }

  /** A service's limits are those of its tasks: a new task starts, then the old one ends. */
  async resize(id: string, { milliCpu, memoryBytes }: RunningLimits, signal: AbortSignal): Promise<void> {
    const own = { NanoCPUs: milliCpu * NANO_CPUS_PER_MILLI, MemoryBytes: Number(memoryBytes) };
    const change = (spec: Spec): Spec => {
      const { Resources: known } = spec.TaskTemplate;
      const Resources = {
        ...known,
        Limits: { ...known.Limits, ...own },
        Reservations: { ...(known["Reservations"] as object | undefined), ...own },
      };
      return { ...spec, TaskTemplate: { ...onPrepared(spec.TaskTemplate), Resources } };
    };
    await this.#client.update(id, change, signal);
  }

  async stop(id: string, graceSeconds: number, signal: AbortSignal): Promise<void> {
    const live = (await this.#containers.ofService(id, signal)).filter(({ task }) => isLive(task));
    await this.#client.update(id, stoppedSpec, signal);
    for (const { place } of live)
      if (place !== undefined) await this.#containers.end(place, graceSeconds, signal).catch(ignoreAway);
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
    const network = this.#client.docker.getNetwork(networkNameOf(leaseHash));
    await whileBusy(signal, async () => {
      await callEngine("Removing a network", () => network.remove({ abortSignal: signal }), [NOT_FOUND]);
      await this.#containers.removeVolumes(leaseLabels(this.#node, leaseHash));
    });
    await this.#pins.removeLease(leaseHash, signal);
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

  /** @param generation Least number of the start that is waited for. */
  async #untilStarted(id: string, generation: number, signal: AbortSignal): Promise<void> {
    const from = performance.now();
    let why = "";
    for (;;) {
      const newest = newestOf(id, await this.#client.tasksOf(id, signal));
      if (newest !== undefined && newest.Spec.ForceUpdate >= generation) {
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

  async #ensureNetwork(leaseHash: Hex, signal: AbortSignal): Promise<void> {
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
      Labels: { ...this.#labels, [LABEL.lease]: leaseHash },
      ...(this.#isEncrypted ? { Options: { encrypted: "true" } } : {}),
    };
    await callEngine("Creating a network", () => docker.createNetwork({ ...options, abortSignal: signal }), [
      CONFLICT,
    ]);
  }
}

type Spec = Parameters<Parameters<SwarmClient["update"]>[1]>[0];

/** Another number makes another task, also of a service whose last one has ended. */
function startedSpec(spec: Spec): Spec {
  const labels = Object.entries(spec.Labels ?? {}).filter(([name]) => name !== STOPPED);
  return {
    ...spec,
    Labels: Object.fromEntries(labels),
    TaskTemplate: { ...onPrepared(spec.TaskTemplate), ForceUpdate: spec.TaskTemplate.ForceUpdate + 1 },
    Mode: { Replicated: { Replicas: 1 } },
  };
}

function stoppedSpec(spec: Spec): Spec | undefined {
  if (spec.Mode.Replicated.Replicas === 0) return undefined;
  const labels = { ...spec.Labels, [STOPPED]: Date.now().toString() };
  return { ...spec, Labels: labels, Mode: { Replicated: { Replicas: 0 } } };
}

function newestOf(serviceId: string, tasks: readonly SwarmTask[]): SwarmTask | undefined {
  return inOrder(tasks.filter(({ ServiceID }) => ServiceID === serviceId)).at(-1);
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

/** Tries again while the last tasks of a lease are on their way out. */
async function whileBusy(signal: AbortSignal, task: () => Promise<void>): Promise<void> {
  const until = performance.now() + BUSY_MS;
  for (;;)
    try {
      await task();
      return;
    } catch (error) {
      if (performance.now() > until || !BUSY.test(engineMessage(error))) throw error;
      await delay(POLL_MS, undefined, { signal });
    }
}

/** The swarm ends what its machine's engine does not: both are asked. */
function ignoreAway(error: unknown): void {
  if (error instanceof ProtocolError && error.code === "ENGINE_UNREACHABLE") return;
  throw error;
}
