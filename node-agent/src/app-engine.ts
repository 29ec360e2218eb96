import { DockerEngine } from "./containers/docker-engine.ts";
import { type SandboxInit } from "./containers/sandboxes.ts";
import { type MachineEngines } from "./containers/swarm/swarm-client.ts";
import { SwarmEngine } from "./containers/swarm/swarm-engine.ts";
import { SwarmMachines } from "./containers/swarm/swarm-machines.ts";
import { SwarmGpus } from "./containers/swarm/swarm-gpus.ts";
import { type ObservedContainer } from "./domain/observed.ts";
import { type CardSource, type GpuReader } from "./gpu-ports.ts";
import { NvidiaSmi } from "./gpu/nvidia-smi.ts";
import { GpuWatch } from "./leases/gpu-watch.ts";
import { MachineWatch } from "./leases/machine-watch.ts";
import { type Logger } from "./observability/logger.ts";
import { type Clock, type Engine, type Journal } from "./ports.ts";

/** What a swarm needs to be told. */
export interface SwarmInit {
  readonly engines: MachineEngines;
  readonly isEncrypted: boolean;
}

/** Which engine runs containers. */
export interface EngineChoice {
  readonly dockerHost: string;
  /** How the network of containers is confined; undefined: by Docker alone. A swarm's is confined by its machines. */
  readonly sandbox: SandboxInit | undefined;
  /** Undefined for the containers of one machine. */
  readonly swarm: SwarmInit | undefined;
}

export interface EngineInit extends EngineChoice {
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
  /** Of a swarm. */
  readonly machines: MachineWatch | undefined;
}

/** What runs containers, and what watches their GPUs. @param node Operator of this node: whose containers these are. */
export function createEngine(components: EngineComponents, init: EngineInit, node: string): EngineParts {
  const { containers, onGpusChanged, clock, journal } = components;
  const log = components.log.child({ part: "gpu" });
  const reader = gpuReaderOf(init);
  const watch = { reader, clock, log, journal, containers, onChange: onGpusChanged };
  const gpus = init.gpuModel === 0 ? undefined : new GpuWatch(watch, init.gpuModel);
  const { swarm, dockerHost } = init;
  const machines =
    swarm === undefined
      ? undefined
      : new MachineWatch({
          reader: new SwarmMachines(dockerHost, swarm.engines),
          clock,
          log: components.log.child({ part: "swarm" }),
        });
  return { engine: openEngine(init, node, gpus), gpus, machines };
}

/** Who knows the cards: this machine's driver, or the swarm, to which its machines announce theirs. */
export function gpuReaderOf({ dockerHost, swarm }: EngineChoice): GpuReader {
  return swarm === undefined ? new NvidiaSmi() : new SwarmGpus(dockerHost, swarm.engines);
}

/** @param gpus GPUs that can be leased; undefined for an engine that creates nothing with one. A swarm gives them itself. */
export function openEngine(
  { dockerHost: host, sandbox, swarm }: EngineChoice,
  node: string,
  gpus?: CardSource,
): Engine {
  if (swarm !== undefined) return new SwarmEngine({ host, node, ...swarm });
  return new DockerEngine({ host, node, sandbox, gpus });
}
