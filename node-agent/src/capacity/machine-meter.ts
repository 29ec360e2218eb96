import { cpus } from "node:os";
import { ProtocolError } from "@fizz/protocol/errors";
import { leasableCards } from "../domain/gpu-card.ts";
import { type MachineFacts, type Measurement, WORKLOAD } from "../domain/measurement.ts";
import { type GpuReader } from "../gpu-ports.ts";
import { type CapacityMeter } from "../meter-ports.ts";
import { ownDisk, ownLimits } from "../own-limits.ts";
import { type Clock } from "../ports.ts";
import { measureCpu } from "./measure-cpu.ts";
import { measureDisk } from "./measure-disk.ts";

const MIB = 1_024n ** 2n;
const MILLI = 1_000;
const MAX_NAME = 200;

export interface MachineMeterComponents {
  readonly gpus: GpuReader;
  readonly clock: Pick<Clock, "now">;
}

export interface MachineMeterInit {
  /** Its file system is the one that is measured. */
  readonly dataDir: string;
  readonly agentVersion: string;
  /** In which the CPU is worked. */
  readonly seconds: number;
}

/** This machine, as far as this process may use it. */
export class MachineMeter implements CapacityMeter {
  readonly #components: MachineMeterComponents;
  readonly #init: MachineMeterInit;

  constructor(components: MachineMeterComponents, init: MachineMeterInit) {
    this.#components = components;
    this.#init = init;
  }

  async facts(signal: AbortSignal): Promise<MachineFacts> {
    const limits = ownLimits();
    return {
      cpu: {
        cpuModel: (cpus()[0]?.model.trim() ?? "unknown").slice(0, MAX_NAME),
        architecture: process.arch,
        threads: limits.threads,
        milliCpu: limits.milliCpu,
      },
      memory: { totalMiB: limits.memoryMiB, freeMiB: limits.freeMemoryMiB },
      disk: this.#disk(),
      gpus: await this.#gpus(signal),
    };
  }

  async measure(signal: AbortSignal): Promise<Measurement> {
    const { dataDir, agentVersion, seconds } = this.#init;
    const { cpu, memory, disk, gpus } = await this.facts(signal);
    const threads = Math.min(cpu.threads, Math.ceil(cpu.milliCpu / MILLI));
    const speed = await measureCpu(threads, seconds * MILLI, signal);
    return {
      ...{ workload: WORKLOAD, at: this.#components.clock.now(), agentVersion, memory, gpus },
      cpu: { ...cpu, ...speed },
      disk: { ...disk, speed: await measureDisk(dataDir, disk.freeMiB, signal) },
    };
  }

  #disk(): MachineFacts["disk"] {
    const { dataDir } = this.#init;
    try {
      const { totalBytes, freeBytes } = ownDisk(dataDir);
      return { totalMiB: Number(totalBytes / MIB), freeMiB: Number(freeBytes / MIB) };
    } catch (cause) {
      throw new ProtocolError("CAPACITY_UNMEASURED", `The disk of ${dataDir} tells nothing.`, { cause });
    }
  }

  /** Null where no driver answers: most machines have no GPU. */
  async #gpus(signal: AbortSignal): Promise<MachineFacts["gpus"]> {
    const cards = await this.#components.gpus.read(signal).catch(() => undefined);
    if (cards === undefined) return null;
    const models = [...new Set(cards.flatMap(({ model }) => model?.index ?? []))];
    return models.map((model) => ({ model, count: leasableCards(cards, model).length }));
  }
}
