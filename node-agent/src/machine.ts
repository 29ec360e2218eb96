import { cpus } from "node:os";
import { ProtocolError } from "@fizz/protocol/errors";
import { type ResourceVector } from "@fizz/protocol/manifest";
import { type Machine } from "@fizz/protocol/messages";
import { findGpuModel } from "@fizz/protocol/tiers";
import { ownDisk, ownLimits } from "./own-limits.ts";

const MILLI = 1_000;
const GIB = 1_024 ** 3;
/** Share of the machine that is offered when the owner does not say. */
const DEFAULT_SHARE = 0.5;
const SIZE = /^(\d{1,9})(Mi|Gi|Ti)$/;
const NAMES = ["cpu", "memory", "storage", "gpu", "gpuModel"] as const;
type Name = (typeof NAMES)[number];
const UNITS = { Mi: 1, Gi: 1_024, Ti: 1_024 ** 2 } as const;

const MAX_CPU_MODEL_LENGTH = 200;

/** What only the owner knows of the machine. */
export interface StatedMachine {
  readonly FIZZ_NODE_BANDWIDTH_MBPS: number;
  /** MiB. */
  readonly FIZZ_NODE_GPU_MEMORY?: number | undefined;
  readonly FIZZ_NODE_GPU_INTERFACE?: "pcie" | "sxm" | undefined;
}

/** The machine as orders see it: by the kernel's word, and by the owner's where the kernel does not know. */
export function machineOf(stated: StatedMachine): Machine {
  return {
    cpuModel: (cpus()[0]?.model.trim() ?? "unknown").slice(0, MAX_CPU_MODEL_LENGTH),
    architecture: process.arch,
    bandwidthMbps: stated.FIZZ_NODE_BANDWIDTH_MBPS,
    gpuMemoryMiB: stated.FIZZ_NODE_GPU_MEMORY ?? null,
    gpuInterface: stated.FIZZ_NODE_GPU_INTERFACE ?? null,
  };
}

/**
 * What the owner offers.
 *
 * @param text `cpu=2,memory=4Gi,storage=20Gi[,gpu=1,gpuModel=rtx4090]`, or undefined for half of the machine.
 * @param dataDir Its file system is the one that is measured.
 * @throws ProtocolError CONFIG_INVALID
 */
export function offeredResources(text: string | undefined, dataDir: string): ResourceVector {
  if (text === undefined) return halfOfMachine(dataDir);
  const given = readPairs(text);
  const read = (name: Name): string => given.get(name) ?? "";
  const gpuUnits = given.has("gpu") ? wholeOf("gpu", read("gpu")) : 0;
  return {
    milliCpu: milliOf(read("cpu")),
    memoryMiB: mebibytesOf("memory", read("memory")),
    storageGiB: Math.floor(mebibytesOf("storage", read("storage")) / UNITS.Gi),
    gpuUnits,
    gpuModel: gpuUnits === 0 ? 0 : gpuIndexOf(read("gpuModel")),
  };
}

function readPairs(text: string): Map<Name, string> {
  const given = new Map<Name, string>();
  for (const part of text.split(",")) {
    const [word = "", value = ""] = part.split("=").map((piece) => piece.trim());
    const name = NAMES.find((known) => known === word);
    if (name === undefined || value === "" || given.has(name))
      throw invalid(`"${part}" is not name=value of ${NAMES.join(", ")}, each once`);
    given.set(name, value);
  }
  return given;
}

function halfOfMachine(dataDir: string): ResourceVector {
  const { freeBytes } = ownDisk(dataDir);
  const { milliCpu, memoryMiB } = ownLimits();
  return {
    milliCpu: Math.min(milliCpu, Math.max(1, Math.floor((milliCpu / MILLI) * DEFAULT_SHARE)) * MILLI),
    memoryMiB: Math.floor(memoryMiB * DEFAULT_SHARE),
    storageGiB: Math.floor((Number(freeBytes) * DEFAULT_SHARE) / GIB),
    gpuUnits: 0,
    gpuModel: 0,
  };
}

function milliOf(text: string): number {
  const match = /^(\d{1,6})(?:\.(\d{1,3}))?$/.exec(text);
  const milli = match === null ? 0 : Number(match[1]) * 1_000 + Number((match[2] ?? "").padEnd(3, "0"));
  if (milli === 0) throw invalid(`cpu "${text}" is not a number of cores, such as 2 or 0.5`);
  return milli;
}

function mebibytesOf(name: string, text: string): number {
  const match = SIZE.exec(text);
  if (match === null) throw invalid(`${name} "${text}" is not a size, such as 4Gi (Mi, Gi or Ti)`);
  return Number(match[1]) * UNITS[match[2] as keyof typeof UNITS];
}

function wholeOf(name: string, text: string): number {
  if (!/^\d{1,3}$/.test(text)) throw invalid(`${name} "${text}" is not a whole number`);
  return Number(text);
}

function gpuIndexOf(model: string): number {
  const known = findGpuModel(model);
  if (known === undefined) throw invalid(`gpuModel "${model}" is not in the tier tables`);
  return known.index;
}

function invalid(problem: string): ProtocolError {
  return new ProtocolError("CONFIG_INVALID", `FIZZ_NODE_RESOURCES is wrong: ${problem}.`);
}
