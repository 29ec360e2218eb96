import type { ChainLeaseState } from "@fizz/protocol/chain";
import type { Tone } from "../../ui/badge.tsx";

const tones: Record<ChainLeaseState, Tone> = {
  none: "neutral",
  open: "primary",
  active: "success",
  reclaiming: "warning",
  closed: "neutral",
};

/** Colour of a lease's state. */
export function stateTone(state: ChainLeaseState): Tone {
  return tones[state];
}
