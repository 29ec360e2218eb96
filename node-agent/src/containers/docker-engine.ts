import type Docker from "dockerode";
import { type Hex } from "viem";
import { z } from "zod";
import { type ObservedContainer } from "../domain/observed.ts";
import { type ContainerSpec, type RunningLimits } from "../domain/workload.ts";
import { type ExecSession, type Program } from "../exec-ports.ts";
import {
  type Engine,
  type EngineFacts,
  type ImageFacts,
  type OnPullProgress,
  type OutputLine,
  type OutputQuery,
} from "../ports.ts";
import { type ContainerUsage } from "../domain/usage.ts";
import { type CardSource } from "../gpu-ports.ts";
import { callEngine } from "./call-engine.ts";
import { CardKeeper } from "./card-keeper.ts";
import { containerOptions } from "./container-options.ts";
import { readDiskUsage } from "./disk-usage.ts";
import { connectDocker } from "./docker-client.ts";
import { startExec } from "./exec.ts";
import { type GpuGrant } from "./gpu-support.ts";
import { Inspections } from "./inspections.ts";
import { LABEL, networkNameOf, readLabels } from "./labels.ts";
import { Observations } from "./observe.ts";
import { openOutput } from "./open-output.ts";
import { readOutput } from "./output.ts";
import { provideImage } from "./pull-image.ts";
import { readable } from "./readable.ts";
import { resizeContainer } from "./resize.ts";
import { readUsage } from "./usage.ts";
import { Sandboxes, type SandboxInit } from "./sandboxes.ts";
import { removeVolumes } from "./volumes.ts";
import { whenAborted } from "./when-aborted.ts";

const NOT_MODIFIED = 304;
const NOT_FOUND = 404;
const CONFLICT = 409;

export interface DockerEngineInit {
  /** `unix:///path` or `tcp://host:port`. */
  readonly host: string;
  /** Operator of this node: whose containers these are. */
  readonly node: string;
  /** More labels for everything that is made. */
  readonly labels?: Readonly<Record<string, string>>;
  /** How the network of containers is confined; undefined: by Docker alone. */
  readonly sandbox?: SandboxInit | undefined;
  /** GPUs that can be leased; undefined on a node without. */
  readonly gpus?: CardSource | undefined;
}

const infoSchema = z.object({
  ServerVersion: z.string(),
  NCPU: z.number(),
  MemTotal: z.number(),
  Architecture: z.string(),
  LiveRestoreEnabled: z.boolean().default(false),
  Warnings: z.array(z.string()).nullish(),
  InitCommit: z.object({ ID: z.string() }).partial().nullish(),
});

/** Containers of one machine's Docker Engine. */
export class DockerEngine implements Engine {
  readonly #docker: Docker;
  readonly #labels: Readonly<Record<string, string>>;
  readonly #node: string;
  readonly #sandboxes: Sandboxes;
  readonly #cards: CardKeeper;
  readonly #inspections: Inspections;
  readonly #observations = new Observations();
  #disk: ReadonlyMap<string, number> = new Map();
  #hasInit: boolean | undefined;

  constructor(init: DockerEngineInit) {
    this.#docker = connectDocker(init.host);
    this.#node = init.node;
    this.#inspections = new Inspections(this.#docker, init.node);
    this.#labels = { ...init.labels, [LABEL.node]: init.node };
    this.#cards = new CardKeeper(this.#docker, init.gpus);
    this.#sandboxes = new Sandboxes(this.#docker, { node: init.node, labels: this.#labels }, init.sandbox);
  }

  async facts(signal: AbortSignal): Promise<EngineFacts> {
    const info = await this.#info(signal);
    return {
      version: info.ServerVersion,
      cpus: info.NCPU,
      memoryBytes: info.MemTotal,
      architecture: info.Architecture,
      liveRestore: info.LiveRestoreEnabled,
      warnings: info.Warnings ?? [],
    };
  }

  async observe(signal: AbortSignal): Promise<readonly ObservedContainer[]> {
    const filters = { label: [`${LABEL.node}=${this.#node}`] };
    const ask = () =>
      this.#call("Listing containers", () =>
        this.#docker.listContainers({ all: true, filters, abortSignal: signal }),
      );
    const list = await this.#inspections.list(ask);
    const containers = await this.#inspections.of(list, signal);
    return this.#observations.of(containers, { isRequired: this.#sandboxes.isOn, disk: this.#disk });
  }

  async provideImage(
    spec: ContainerSpec,
    onProgress: OnPullProgress,
    signal: AbortSignal,
  ): Promise<ImageFacts> {
    return await provideImage(this.#docker, spec, { onProgress, signal });
  }

  async create(spec: ContainerSpec, digest: string, signal: AbortSignal): Promise<void> {
    await this.#ensureNetwork(spec, signal);
    this.#hasInit ??= hasInit((await this.#info(signal)).InitCommit?.ID);
    const sandboxId = await this.#sandboxes.ensure(spec, digest, signal);
    const place = { init: this.#hasInit, labels: this.#labels, sandboxId };
    const create = async (gpus: GpuGrant | undefined): Promise<void> => {
      const options = containerOptions(spec, digest, { ...place, gpus });
      await this.#call(
        `Creating a container of ${spec.service}`,
        () => this.#docker.createContainer({ ...options, abortSignal: signal }),
        [CONFLICT],
      );
    };
    try {
      await this.#cards.lend(spec, create, signal);
    } finally {
      this.#inspections.forgetList();
    }
  }

  async start(id: string, signal: AbortSignal): Promise<void> {
    const container = this.#docker.getContainer(id);
    const info = await this.#inspect(id, signal);
    if (info?.State.Running === true) return;
    if (info !== undefined) await this.#sandboxes.confine(info, signal);
    await this.#call("Starting a container", () => container.start({ abortSignal: signal }), [NOT_MODIFIED]);
    this.#inspections.forget(id);
  }

  async resize(id: string, limits: RunningLimits, signal: AbortSignal): Promise<void> {
    const info = await this.#inspect(id, signal);
    if (info !== undefined) await resizeContainer(this.#docker, { info, limits }, signal);
    this.#inspections.forget(id);
  }

  async stop(id: string, graceSeconds: number, signal: AbortSignal): Promise<void> {
    const container = this.#docker.getContainer(id);
    const ignored = [NOT_MODIFIED, NOT_FOUND];
    await this.#call(
      "Stopping a container",
      () => container.stop({ t: graceSeconds, abortSignal: signal }),
      ignored,
    );
    // Its names must not lead to nobody.
    const info = await this.#inspect(id, signal);
    if (info !== undefined) await this.#sandboxes.stop(info, signal);
    this.#inspections.forget(id);
  }

  async remove(id: string, signal: AbortSignal): Promise<void> {
    const container = this.#docker.getContainer(id);
    const info = await this.#inspect(id, signal);
    const labels = readLabels(info?.Config.Labels);
    const options = { v: true, force: true, abortSignal: signal };
    // First, so that none is left whose container is gone.
    if (info !== undefined) await this.#sandboxes.remove(info, signal);
    await this.#call("Removing a container", () => container.remove(options), [NOT_FOUND, CONFLICT]);
    this.#inspections.forget(id);
    if (labels === undefined || labels[LABEL.digest] === "") return;
    // Another lease may have a container of the same digest.
    await this.#removeVolumes([LABEL.lease, LABEL.digest].map((label) => `${label}=${labels[label]}`));
  }

  async removeLease(leaseHash: Hex, signal: AbortSignal): Promise<void> {
    await this.#sandboxes.removeLease(leaseHash, signal);
    const network = this.#docker.getNetwork(networkNameOf(leaseHash));
    await this.#call("Removing a network", () => network.remove({ abortSignal: signal }), [NOT_FOUND]);
    await this.#removeVolumes([`${LABEL.lease}=${leaseHash}`]);
  }

  async measureDisk(signal: AbortSignal): Promise<void> {
    this.#disk = await readDiskUsage(this.#docker, signal);
  }

  async *output(id: string, query: OutputQuery, signal: AbortSignal): AsyncGenerator<OutputLine, void, void> {
    const open = () => openOutput(this.#docker, `containers/${id}`, { query, signal });
    const stream = await this.#call("Reading output", open, [NOT_FOUND]);
    if (stream !== undefined) yield* readOutput(stream, signal);
  }

  async *usage(id: string, signal: AbortSignal): AsyncGenerator<ContainerUsage, void, void> {
    const options = { stream: true as const, abortSignal: signal };
    const container = this.#docker.getContainer(id);
    const stream = await this.#call("Reading stats", () => container.stats(options), [NOT_FOUND]);
    if (stream !== undefined) yield* readUsage(readable(stream), signal);
  }

  async exec(id: string, program: Program, signal: AbortSignal): Promise<ExecSession> {
    return await startExec(this.#docker.getContainer(id), program, signal);
  }

  async watch(onChange: () => void, signal: AbortSignal): Promise<void> {
    await this.#inspections.watch(onChange, signal);
  }

  async #inspect(id: string, signal: AbortSignal): Promise<Docker.ContainerInspectInfo | undefined> {
    const container = this.#docker.getContainer(id);
    return await this.#call("Looking at a container", () => container.inspect({ abortSignal: signal }), [
      NOT_FOUND,
    ]);
  }

  async #ensureNetwork({ leaseHash, lid }: ContainerSpec, signal: AbortSignal): Promise<void> {
    const name = networkNameOf(leaseHash);
    const known = await this.#call("Looking for a network", () => this.#docker.getNetwork(name).inspect(), [
      NOT_FOUND,
    ]);
    if (known !== undefined) return;
    await this.#call(
      "Creating a network",
      () =>
        this.#docker.createNetwork({
          Name: name,
          CheckDuplicate: true,
          Driver: "bridge",
          Internal: false,
          Labels: { ...this.#labels, [LABEL.lease]: leaseHash, [LABEL.lid]: lid.toString() },
          abortSignal: signal,
        }),
      [CONFLICT],
    );
  }

  async #removeVolumes(labels: readonly string[]): Promise<void> {
    await this.#call("Removing volumes", () =>
      removeVolumes(this.#docker, [`${LABEL.node}=${this.#node}`, ...labels]),
    );
  }

  async #info(signal: AbortSignal): Promise<z.output<typeof infoSchema>> {
    return await this.#call("Asking the engine", async () => {
      const answer = this.#docker.info() as Promise<unknown>;
      return infoSchema.parse(await Promise.race([answer, whenAborted(signal)]));
    });
  }

  /** Undefined when the engine answered with one of the ignored states. */
  async #call<Result>(what: string, task: () => Promise<Result>): Promise<Result>;
  async #call<Result>(
    what: string,
    task: () => Promise<Result>,
    ignored: readonly number[],
  ): Promise<Result | undefined>;
  async #call<Result>(
    what: string,
    task: () => Promise<Result>,
    ignored: readonly number[] = [],
  ): Promise<Result | undefined> {
    return await callEngine(what, task, ignored);
  }
}

/** The engine writes "N/A" where it has found no init program, and nothing for one that tells no commit. */
function hasInit(commit: string | undefined): boolean {
  return commit !== undefined && commit !== "N/A";
}
