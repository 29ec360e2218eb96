import { type Hex } from "viem";
import { hashOf } from "./builders.ts";

/** Leases that are written at the same time in one state. */
export const LANES = 3;

export function leaseOfLane(lane: number): Hex {
  return hashOf(`lane ${lane}`);
}
