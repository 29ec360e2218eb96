import { type Random } from "../fuzz/random.ts";

export const FAULTS = [
  "agent killed",
  "engine restarted",
  "gateway lost",
  "chain unreachable",
  "reorg",
  "disk full",
] as const;
export type Fault = (typeof FAULTS)[number];

/** Of each class at least a tenth of all, the rest at random, in a random order. */
export function planFaults(count: number, random: Random): Fault[] {
  const least = Math.floor(count / 10);
  const plan = FAULTS.flatMap((fault) => Array.from({ length: least }, () => fault));
  while (plan.length < count) plan.push(random.pick(FAULTS));
  for (let index = plan.length - 1; index > 0; index -= 1) {
    const other = random.below(index + 1);
    [plan[index], plan[other]] = [plan[other] as Fault, plan[index] as Fault];
  }
  return plan.slice(0, count);
}
