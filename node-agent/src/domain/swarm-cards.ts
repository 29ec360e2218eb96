import { findGpuModel } from "@fizz/protocol/tiers";
import { formOf, type GpuCard } from "./gpu-card.ts";

/** The name under which machines announce their cards to the swarm, one by one. */
export const GPU_RESOURCE = "NVIDIA-GPU";
/** Begins the label of an engine that tells what one of its cards is; the card's UUID follows. */
export const CARD_LABEL = "fizz.gpu.";
/** Managers before it end tasks with cards at any change of their machine (moby/moby#44378). */
const GIVING = [23, 0, 2] as const;
const VERSION = /^(\d{1,4})\.(\d{1,4})\.(\d{1,4})/;
const NOTHING = "-";
const UUID = /^GPU-[0-9a-f-]{1,64}$/i;
/** MiB, then the driver's name for it. */
const TOLD = /^(-|\d{1,7}) (.{1,128})$/;

/** A card as the machine's engine announces it. */
export interface AnnouncedCard {
  readonly uuid: string;
  /** Of its label; undefined where there is none. */
  readonly told: string | undefined;
}

/** Whether a manager of that version gives cards to tasks, and leaves them with them. */
export function givesCards(engineVersion: string): boolean {
  const parts = VERSION.exec(engineVersion)?.slice(1).map(Number) ?? [];
  for (const [index, least] of GIVING.entries()) {
    const part = parts[index] ?? -1;
    if (part !== least) return part > least;
  }
  return true;
}

/** Resources of an engine's configuration that announce cards to the swarm. */
export function cardResources(cards: readonly GpuCard[]): string[] {
  return cards.map(({ uuid }) => `${GPU_RESOURCE}=${uuid}`);
}

/** Labels of an engine that tell what its cards are. */
export function cardLabels(cards: readonly GpuCard[]): string[] {
  return cards.map(
    ({ uuid, memoryMiB, name }) =>
      `${CARD_LABEL}${uuid}=${memoryMiB ?? NOTHING} ${name.replaceAll("=", " ")}`,
  );
}

/** The cards of a swarm, machine after machine: those that their engines both announce and tell of. */
export function cardsOfSwarm(announced: readonly AnnouncedCard[]): GpuCard[] {
  return announced.flatMap(({ uuid, told }, index) => {
    const [, memory = NOTHING, name] = TOLD.exec(told ?? "") ?? [];
    if (name === undefined || !UUID.test(uuid)) return [];
    const model = findGpuModel(name);
    return {
      ...{ index, uuid, name, model },
      memoryMiB: memory === NOTHING ? null : Number(memory),
      form: formOf(name, model?.model),
      // What only a machine's own driver tells.
      ...{ driver: "", busId: "", isSliced: false, computeCapability: null, hasEcc: null },
    };
  });
}
