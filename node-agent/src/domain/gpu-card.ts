import { type Machine } from "@fizz/protocol/messages";
import { type GpuModel } from "@fizz/protocol/tiers";

/** One GPU of the machine, as its driver has it. */
export interface GpuCard {
  /** The driver's number; another one after a restart, perhaps. */
  readonly index: number;
  /** `GPU-` and a UUID: the card's for good. */
  readonly uuid: string;
  /** As the driver names it. */
  readonly name: string;
  /** Undefined when the tier tables do not know the name: told, never guessed. */
  readonly model: GpuModel | undefined;
  /** MiB; null where the driver tells none. */
  readonly memoryMiB: number | null;
  /** Undefined where neither the name nor the model says it. */
  readonly form: "pcie" | "sxm" | undefined;
  readonly driver: string;
  readonly busId: string;
  /** Cut into slices by MIG; such a card is not leased. */
  readonly isSliced: boolean;
  /** Such as `9.0`; null where the driver tells none. */
  readonly computeCapability: string | null;
  /** Null where the card has no such memory. */
  readonly hasEcc: boolean | null;
}

/** What the cards of one model have in common, as orders ask for it. */
export interface CardFacts {
  /** MiB of the smallest, as its maker names it; null when unknown. */
  readonly memoryMiB: number | null;
  readonly form: "pcie" | "sxm" | null;
}

/** Sizes in GiB under which makers sell memory. */
const SOLD_GIB = [
  2, 3, 4, 5, 6, 8, 10, 11, 12, 16, 20, 24, 32, 40, 44, 48, 64, 80, 94, 96, 128, 141, 180, 192, 288,
];
/** What the driver tells is at least this share of what is sold: error correction takes a sixteenth. */
const LEAST_SHARE = 0.93;
const MIB_PER_GIB = 1_024;

/** Lines that are made for slots only, and models that are made for boards only. */
const SLOT_ONLY = /^(gtx|rtx|titan|t1000|t4|p4|l4|l40|a10|a16|a30|a40)/;
const BOARD_ONLY = ["h200", "b200"];

/**
 * The form of a card by the driver's name for it.
 *
 * @example formOf("NVIDIA A100-SXM4-80GB", "a100-80g") // "sxm"
 */
export function formOf(name: string, model: string | undefined): "pcie" | "sxm" | undefined {
  if (/SXM\d?/i.test(name)) return "sxm";
  if (/\b(PCIE|NVL)\b/i.test(name)) return "pcie";
  if (model === undefined) return undefined;
  // The one H100 whose name has no form is the board with HBM3.
  if (BOARD_ONLY.includes(model) || (model === "h100" && /HBM3$/i.test(name))) return "sxm";
  return SLOT_ONLY.test(model) ? "pcie" : undefined;
}

/**
 * Memory as makers name it, which is how manifests ask for it: 81,559 MiB of the driver are an "80 GB" card.
 *
 * @param memoryMiB As the driver tells it.
 * @returns MiB, a whole number of GiB.
 */
export function soldMemory(memoryMiB: number): number {
  const gib = memoryMiB / MIB_PER_GIB;
  const sold = SOLD_GIB.find((size) => size >= gib && gib >= size * LEAST_SHARE);
  return (sold ?? Math.floor(gib)) * MIB_PER_GIB;
}

/** Cards that can be leased as the model that the node registered: whole ones of that model, by index. */
export function leasableCards(cards: readonly GpuCard[], gpuModel: number): readonly GpuCard[] {
  return cards
    .filter(({ model, isSliced }) => model?.index === gpuModel && !isSliced)
    .toSorted((left, right) => left.index - right.index);
}

/** A machine with what its cards tell; the owner may state less memory, never more. */
export function withCards(machine: Machine, facts: CardFacts | undefined): Machine {
  if (facts === undefined) return machine;
  const stated = machine.gpuMemoryMiB ?? facts.memoryMiB;
  const gpuMemoryMiB = stated === null ? null : Math.min(stated, facts.memoryMiB ?? stated);
  return { ...machine, gpuMemoryMiB, gpuInterface: facts.form ?? machine.gpuInterface };
}

/** @returns Undefined when there are none. */
export function factsOf(cards: readonly GpuCard[]): CardFacts | undefined {
  if (cards.length === 0) return undefined;
  const sizes = cards.map(({ memoryMiB }) => (memoryMiB === null ? null : soldMemory(memoryMiB)));
  const known = sizes.filter((size) => size !== null);
  const [form] = cards.map((card) => card.form);
  return {
    memoryMiB: known.length < sizes.length ? null : Math.min(...known),
    form: form !== undefined && cards.every((card) => card.form === form) ? form : null,
  };
}
