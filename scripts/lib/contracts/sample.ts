import { createHash } from "node:crypto";

interface Draw<T> {
  readonly seed: string;
  readonly keyOf: (item: T) => string;
}

/** All items in an order that only the seed and the keys decide. */
export function shuffled<T>(items: readonly T[], { seed, keyOf }: Draw<T>): T[] {
  const rank = (item: T): string =>
    createHash("sha256")
      .update(`${seed} ${keyOf(item)}`)
      .digest("hex");
  return items
    .map((item) => ({ item, rank: rank(item) }))
    .sort((a, b) => a.rank.localeCompare(b.rank))
    .map(({ item }) => item);
}

/** `limit` items in their order, chosen by a seed: the same seed chooses the same ones of the same keys. */
export function sample<T>(items: readonly T[], options: Draw<T> & { readonly limit: number }): T[] {
  const chosen = new Set(shuffled(items, options).slice(0, options.limit));
  return items.filter((item) => chosen.has(item));
}
