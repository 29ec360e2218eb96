import { type Amount, amount } from "../units/index.ts";

/**
 * Parts of a budget in proportion to weights, each rounded down. The sum is never above the budget, and a node's part
 * does not depend on the order. Weights of 0 get nothing; what is left by rounding stays in the pool.
 */
export function splitBudget(
  budget: Amount,
  weights: ReadonlyMap<bigint, bigint>,
): ReadonlyMap<bigint, Amount> {
  const total = [...weights.values()].reduce((sum, weight) => sum + weight, 0n);
  const parts = new Map<bigint, Amount>();
  if (total === 0n) return parts;
  for (const [nodeId, weight] of weights) {
    const part = amount((budget * weight) / total);
    if (part > 0n) parts.set(nodeId, part);
  }
  return parts;
}
