import { ProtocolError } from "@fizz/protocol/errors";
import { type ResourceVector } from "@fizz/protocol/manifest";

/** A part of what there is, in 1/100, or so many units of it. */
export type Share = { readonly percent: number } | { readonly units: number };

/** What of the machine all leases together may have; undefined for all that is registered. */
export interface MachineShare {
  /** Units are thousandths of a core. */
  readonly cpu: Share | undefined;
  /** Units are MiB. */
  readonly memory: Share | undefined;
  /** Units are GiB. */
  readonly disk: Share | undefined;
  /** A percentage is of the GPUs that are registered. */
  readonly gpu: Share | undefined;
}

/** What the machine has. */
export type MachineSize = Pick<ResourceVector, "milliCpu" | "memoryMiB" | "storageGiB">;

const PERCENT = /^(\d{1,3})%$/;
const SIZE = /^(\d{1,9})(Mi|Gi|Ti)$/;
const MIB_PER = { Mi: 1, Gi: 1_024, Ti: 1_024 ** 2 } as const;
const MIB_PER_GIB = 1_024;

/**
 * @param text `80%`, or cores (`6`, `1.5`), a size (`24Gi`), or a number of GPUs (`1`).
 * @throws ProtocolError CONFIG_INVALID when it is neither, over 100 %, or nothing of CPU or memory
 */
export function parseShare(kind: keyof MachineShare, text: string): Share {
  const percent = PERCENT.exec(text)?.[1];
  if (percent !== undefined && Number(percent) <= 100) return { percent: Number(percent) };
  const units = kind === "memory" || kind === "disk" ? sizeOf(kind, text) : countOf(kind, text);
  if (units !== undefined) return { units };
  const example = { cpu: "6 or 1.5", memory: "24Gi", disk: "500Gi", gpu: "1" }[kind];
  throw new ProtocolError(
    "CONFIG_INVALID",
    `"${text}" is neither a share such as 80% nor such as ${example}`,
  );
}

function sizeOf(kind: "memory" | "disk", text: string): number | undefined {
  const match = SIZE.exec(text);
  if (match === null) return undefined;
  const mebibytes = Number(match[1]) * MIB_PER[match[2] as keyof typeof MIB_PER];
  return kind === "memory" ? mebibytes : Math.floor(mebibytes / MIB_PER_GIB);
}

function countOf(kind: "cpu" | "gpu", text: string): number | undefined {
  if (kind === "gpu") return /^\d{1,3}$/.test(text) ? Number(text) : undefined;
  return /^\d{1,4}(\.\d{1,3})?$/.test(text) ? Math.round(Number(text) * 1_000) : undefined;
}

/** What of the registered resources may be leased: never more than the share of what the machine has. */
export function withinShare(
  registered: ResourceVector,
  share: MachineShare,
  machine: MachineSize,
): ResourceVector {
  return {
    milliCpu: least(registered.milliCpu, share.cpu, machine.milliCpu),
    memoryMiB: least(registered.memoryMiB, share.memory, machine.memoryMiB),
    storageGiB: least(registered.storageGiB, share.disk, machine.storageGiB),
    gpuUnits: least(registered.gpuUnits, share.gpu, registered.gpuUnits),
    gpuModel: registered.gpuModel,
  };
}

function least(registered: number, share: Share | undefined, has: number): number {
  if (share === undefined) return registered;
  return Math.min(registered, "units" in share ? share.units : Math.floor((has * share.percent) / 100));
}

/** What of a claim is above what may be leased, with both figures; empty when nothing is. */
export function aboveShare(claim: ResourceVector, allowed: ResourceVector): string[] {
  const rows = [
    ["cpu", claim.milliCpu / 1_000, allowed.milliCpu / 1_000, ""],
    ["memory", claim.memoryMiB, allowed.memoryMiB, "Mi"],
    ["storage", claim.storageGiB, allowed.storageGiB, "Gi"],
    ["gpu", claim.gpuUnits, allowed.gpuUnits, ""],
  ] as const;
  return rows
    .filter(([, claimed, most]) => claimed > most)
    .map(
      ([name, claimed, most, unit]) => `${name} ${claimed}${unit} is more than the share of ${most}${unit}`,
    );
}
