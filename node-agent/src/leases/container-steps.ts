import { ProtocolError } from "@fizz/protocol/errors";
import { silentPorts } from "@fizz/protocol/manifest";
import { type Hex } from "viem";
import { restartDelayMs, restartsAfter } from "../domain/back-off.ts";
import { type ObservedContainer } from "../domain/observed.ts";
import { type Action, type BringUpFailure, type DesiredContainer } from "../domain/plan-facts.ts";
import { startupText } from "../domain/startup-steps.ts";
import { type RestartRecord, type StoredLease } from "../domain/stored-lease.ts";
import { type ContainerSpec } from "../domain/workload.ts";
import { type ImageProvider, type ProvidedImage } from "../image-ports.ts";
import { type Clock, type Engine, type LeaseStore } from "../ports.ts";
import { type LeaseLog } from "./lease-log.ts";

/** Time between SIGTERM and SIGKILL, in seconds. */
export const STOP_GRACE_SECONDS = 10;
/** Progress of a pull is told at most this often, in milliseconds. */
const PROGRESS_EVERY_MS = 2_000;
/** Time for one call of the engine other than a pull, in milliseconds. */
const ENGINE_TIMEOUT_MS = 60_000;
/** Time for one pull, in milliseconds. */
const PULL_TIMEOUT_MS = 3_600_000;
/** Most ports of an image that an event names. */
const MAX_TOLD_PORTS = 16;
/** Most restart records of one lease. */
export const MAX_RESTART_RECORDS = 512;

export interface ContainerStepsComponents {
  readonly engine: Engine;
  readonly images: ImageProvider;
  readonly store: LeaseStore;
  readonly clock: Clock;
  /** Whether the engine was away at a time, in Unix milliseconds; it never was when left out. */
  readonly wasEngineAway?: (at: number) => boolean;
}

interface EndedRun {
  readonly leaseHash: Hex;
  readonly digest: string;
  /** Unix milliseconds. */
  readonly exitAt: number;
  readonly ranMs: number;
  /** The engine ended it: no reason to wait with the next one. */
  readonly isEngines?: boolean;
}

const types = [
  "create",
  "start",
  "restart",
  "note-exit",
  "stop",
  "park",
  "return",
  "resize",
  "renew",
  "evict",
  "remove",
] as const;
export type ContainerAction = Extract<Action, { type: (typeof types)[number] }>;

export function isContainerAction(action: Action): action is ContainerAction {
  return types.some((type) => type === action.type);
}

export interface StepContext {
  readonly leaseHash: Hex;
  readonly log: LeaseLog;
  readonly signal: AbortSignal;
  /** Remembers why a version cannot be brought up. */
  readonly onFailure: (version: number, failure: BringUpFailure | undefined) => void;
}

/** The steps of a plan that concern containers, each with its events. */
export class ContainerSteps {
  readonly #components: ContainerStepsComponents;

  constructor(components: ContainerStepsComponents) {
    this.#components = components;
  }

  /** Restarts of a lease, without the wait after an end that turned out to be the engine's. */
  restartsOf(lease: StoredLease | undefined): Readonly<Record<string, RestartRecord>> {
    const { wasEngineAway } = this.#components;
    const known = Object.entries(lease?.restarts ?? {});
    return Object.fromEntries(
      known.map(([digest, record]) => [
        digest,
        wasEngineAway?.(record.lastExitAt) === true ? { ...record, nextAt: 0 } : record,
      ]),
    );
  }

  /** @throws ProtocolError as Engine, STORE_FAILED */
  async perform(action: ContainerAction, context: StepContext): Promise<void> {
    if (action.type === "create") await this.#create(action.desired, context);
    else if (action.type === "resize") await this.#resize(action, context);
    else if (action.type === "evict") await this.#evict(action, context);
    else await this.#performOn(action.type, action.container, context);
  }

  async #performOn(
    type: Exclude<ContainerAction["type"], "create" | "resize" | "evict">,
    container: ObservedContainer,
    context: StepContext,
  ): Promise<void> {
    switch (type) {
      case "start":
        await this.#startFirst(container, context);
        break;
      case "restart":
        await this.#restart(container, context);
        break;
      case "note-exit":
        await this.#noteExit(container, context);
        break;
      case "stop":
        await this.#stop(container, context);
        break;
      case "park":
        await this.#park(container, context);
        break;
      case "return":
        await this.#return(container, context);
        break;
      case "renew":
        await this.#renew(container, context);
        break;
      case "remove":
        await this.remove(container, context);
        break;
    }
  }

  async #create({ spec, digest }: DesiredContainer, context: StepContext): Promise<void> {
    const { log, signal } = context;
    log.once(spec.version, {
      code: "deployment.initializing",
      message: startupText["deployment.initializing"],
    });
    const { reference } = await this.#provideImage(spec, context);
    log.step("container.creating", spec);
    await this.#components.engine.create({ ...spec, image: reference }, digest, within(signal));
    log.step("container.created", spec);
  }

  async #startFirst(container: ObservedContainer, context: StepContext): Promise<void> {
    context.log.step("container.starting", container);
    await this.#start(container, context);
    context.log.step("container.started", container);
  }

  async #restart(container: ObservedContainer, context: StepContext): Promise<void> {
    await this.#start(container, context);
    context.log.at(container, { code: "container.restarted", message: "Container restarted" });
  }

  /** Tells of an exit once, and decides when the container may run again. */
  async #noteExit(container: ObservedContainer, { leaseHash, log }: StepContext): Promise<void> {
    const { exitCode, outOfMemory, startedAt, finishedAt, digest } = container;
    const ranMs = Math.max(0, (finishedAt ?? 0) - (startedAt ?? finishedAt ?? 0));
    const how = exitCode === null ? "" : ` with code ${exitCode}`;
    // First, and once: an agent that ends in between finds the exit uncounted.
    log.onceAt(container, {
      code: outOfMemory ? "container.oom" : "container.exited",
      message: outOfMemory ? `Container used up its memory and was ended${how}` : `Container exited${how}`,
      data: { exitCode, ranMs, endedAt: finishedAt },
    });
    const exitAt = finishedAt ?? 0;
    const isEngines = this.#components.wasEngineAway?.(exitAt) ?? false;
    await this.#countRestart({ leaseHash, digest, exitAt, ranMs, isEngines });
  }

  async #stop({ id }: ObservedContainer, { signal }: StepContext): Promise<void> {
    await this.#components.engine.stop(id, STOP_GRACE_SECONDS, within(signal));
  }

  /** Told first, and once for each run: an agent that ends in between finds it as it was. */
  async #park(container: ObservedContainer, context: StepContext): Promise<void> {
    const { startedAt } = container;
    const message = "Stopped for the update and kept: there is no room for both versions side by side";
    context.log.onceAt(container, { code: "container.parked", message, data: { startedAt } });
    await this.#stop(container, context);
  }

  async #return(container: ObservedContainer, context: StepContext): Promise<void> {
    const { finishedAt } = container;
    const message = "Started again: the update is not taken, the old version goes on";
    context.log.onceAt(container, { code: "container.returned", message, data: { endedAt: finishedAt } });
    await this.#start(container, context);
  }

  /** What is refused for what the container holds cannot be had by this version. */
  async #resize(
    { container, limits, version }: Extract<ContainerAction, { type: "resize" }>,
    { log, signal, onFailure }: StepContext,
  ): Promise<void> {
    const { milliCpu, memoryBytes } = limits;
    const data = { milliCpu, memoryBytes: memoryBytes.toString() };
    const what = `${milliCpu} thousandths of a CPU, ${mebibytes(memoryBytes)} MiB of memory`;
    try {
      await this.#components.engine.resize(container.id, limits, within(signal));
    } catch (error) {
      if (error instanceof ProtocolError && error.code === "RESOURCES_IN_USE") {
        log.at(container, { code: "container.resize_refused", message: error.message, data });
        onFailure(version, { reason: "node.resources_in_use", final: true });
      }
      throw error;
    }
    log.at(container, { code: "container.resized", message: `Container goes on with ${what}`, data });
  }

  /** Ends a container whose network namespace has ended; without one to join, it has to be made anew. */
  async #renew(container: ObservedContainer, context: StepContext): Promise<void> {
    context.log.at(container, {
      code: "container.network_lost",
      message: "The container's network has ended; both are started anew",
    });
    if (container.sandbox === "missing") await this.remove(container, context);
    else await this.#stop(container, context);
  }

  /** Its next start waits as after an exit; what it wrote outside persistent volumes is gone then. */
  async #evict(
    { container, limitBytes }: Extract<ContainerAction, { type: "evict" }>,
    context: StepContext,
  ): Promise<void> {
    const { startedAt, digest, diskBytes } = container;
    const ranMs = Math.max(0, this.#components.clock.now() - (startedAt ?? 0));
    await this.#countRestart({ leaseHash: context.leaseHash, digest, exitAt: 0, ranMs });
    const used = mebibytes(BigInt(diskBytes ?? 0));
    context.log.at(container, {
      code: "container.disk.exceeded",
      message: `Container has ${used} MiB on disk, ${mebibytes(limitBytes)} MiB are leased: it is made anew, persistent volumes stay`,
      data: { diskBytes, limitBytes: limitBytes.toString() },
    });
    await this.remove(container, context);
  }

  async remove(container: ObservedContainer, context: StepContext): Promise<void> {
    const { engine } = this.#components;
    if (container.state === "running") await this.#stop(container, context);
    await engine.remove(container.id, within(context.signal));
    context.log.at(container, { code: "container.removed", message: "Container removed" });
  }

  async removeLease({ leaseHash, signal }: StepContext): Promise<void> {
    await this.#components.engine.removeLease(leaseHash, within(signal));
  }

  async #provideImage(spec: ContainerSpec, { log, signal, onFailure }: StepContext): Promise<ProvidedImage> {
    const { images, clock } = this.#components;
    log.step("image.pull.started", spec);
    let toldAt = clock.now();
    const onProgress = (percent: number | null): void => {
      const now = clock.now();
      if (percent === null || now - toldAt < PROGRESS_EVERY_MS) return;
      toldAt = now;
      log.at(spec, {
        code: "image.pull.progress",
        message: `Image ${percent} % downloaded`,
        data: { percent },
      });
    };
    let image: ProvidedImage;
    try {
      const pull = AbortSignal.any([signal, AbortSignal.timeout(PULL_TIMEOUT_MS)]);
      image = await images.provide(spec, { onProgress, signal: pull });
    } catch (error) {
      if (error instanceof ProtocolError && error.code === "IMAGE_PULL_FAILED") {
        const final = !error.retryable;
        log.at(spec, { code: "image.pull.failed", message: error.message, data: { final } });
        onFailure(spec.version, { reason: "node.image_pull_failed", final });
      }
      throw error;
    }
    onFailure(spec.version, undefined);
    const { reference } = image;
    log.at(spec, { code: "image.pulled", message: startupText["image.pulled"], data: { reference } });
    tellSilentPorts(spec, image.ports, log);
    return image;
  }

  async #start(container: ObservedContainer, context: StepContext): Promise<void> {
    const { engine } = this.#components;
    try {
      await engine.start(container.id, within(context.signal));
    } catch (error) {
      // What the engine refuses counts as a run that ended at once; an engine that is away counts as nothing.
      if (error instanceof ProtocolError && error.code === "ENGINE_FAILED") {
        const { leaseHash } = context;
        const exitAt = container.finishedAt ?? 0;
        await this.#countRestart({ leaseHash, digest: container.digest, exitAt, ranMs: 0 });
        context.log.at(container, { code: "container.failed", message: error.message });
      }
      throw error;
    }
  }

  async #countRestart(run: EndedRun): Promise<void> {
    const { store, clock } = this.#components;
    await store.change(run.leaseHash, (lease) => {
      const before = lease.restarts[run.digest]?.count ?? 0;
      const isEngines = run.isEngines === true;
      const count = isEngines ? before : restartsAfter(before, run.ranMs);
      const nextAt = clock.now() + (isEngines ? 0 : restartDelayMs(count));
      const record: RestartRecord = { count, lastExitAt: run.exitAt, nextAt };
      const others = Object.entries(lease.restarts).filter(([digest]) => digest !== run.digest);
      const restarts = Object.fromEntries([...others.slice(1 - MAX_RESTART_RECORDS), [run.digest, record]]);
      return { ...lease, restarts };
    });
  }
}

function tellSilentPorts(spec: ContainerSpec, ports: readonly string[], log: LeaseLog): void {
  const imagePorts = ports.slice(0, MAX_TOLD_PORTS);
  for (const { firstPort, lastPort, protocol } of silentPorts(spec.expose, ports)) {
    const range = lastPort === firstPort ? `${firstPort}` : `${firstPort}-${lastPort}`;
    log.at(spec, {
      code: "image.port_silent",
      message: `Nobody may listen on port ${range} (${protocol}): the image names ${imagePorts.join(", ")}`,
      data: { firstPort, lastPort, protocol, imagePorts },
    });
  }
}

function mebibytes(bytes: bigint): string {
  return (Number(bytes) / 1_024 ** 2).toFixed(1);
}

function within(signal: AbortSignal): AbortSignal {
  return AbortSignal.any([signal, AbortSignal.timeout(ENGINE_TIMEOUT_MS)]);
}
