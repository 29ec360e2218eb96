import { DockerEngine } from "./containers/docker-engine.ts";
import { type SandboxInit } from "./containers/sandboxes.ts";
import { type ObservedContainer } from "./domain/observed.ts";
import { NvidiaSmi } from "./gpu/nvidia-smi.ts";
import { GpuWatch } from "./leases/gpu-watch.ts";
import { type Logger } from "./observability/logger.ts";
import { type Clock, type Engine, type Journal } from "./ports.ts";

export interface EngineInit {
  readonly dockerHost: string;
  /** How the network of containers is confined; undefined: by Docker alone. */
  readonly sandbox: SandboxInit | undefined;
  /** Index of the GPU model that the node registered; 0 where it registered none. */
  readonly gpuModel: number;
}

export interface EngineComponents {
  readonly clock: Clock;
  readonly log: Logger;
  readonly journal: Pick<Journal, "append">;
  readonly containers: () => readonly ObservedContainer[];
  /** There are more or fewer GPUs than before. */
  readonly onGpusChanged: () => void;
}

export interface EngineParts {
  readonly engine: Engine;
  /** Undefined on a node that registered no GPU. */
  readonly gpus: GpuWatch | undefined;
}

/** What runs containers, and what watches their GPUs. @param node Operator of this node: whose containers these are. */
export function createEngine(components: EngineComponents, init: EngineInit, node: string): EngineParts {
  const { containers, onGpusChanged, clock, journal } = components;
  const log = components.log.child({ part: "gpu" });
  const watch = { reader: new NvidiaSmi(), clock, log, journal, containers, onChange: onGpusChanged };
  const gpus = init.gpuModel === 0 ? undefined : new GpuWatch(watch, init.gpuModel);
  return { engine: new DockerEngine({ host: init.dockerHost, node, sandbox: init.sandbox, gpus }), gpus };
}
