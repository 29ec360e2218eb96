import { createHash } from "node:crypto";

/** `limit` items in their order, chosen by a seed: the same seed chooses the same ones of the same keys. */
export function sample<T>(
  items: readonly T[],
  options: { readonly limit: number; readonly seed: string; readonly keyOf: (item: T) => string },
): T[] {
  const rank = (item: T): string =>
    createHash("sha256")
      .update(`${options.seed} ${options.keyOf(item)}`)
      .digest("hex");
  const chosen = new Set(
    items
      .map((item) => ({ item, rank: rank(item) }))
      .sort((a, b) => a.rank.localeCompare(b.rank))
      .slice(0, options.limit)
      .map(({ item }) => item),
  );
  return items.filter((item) => chosen.has(item));
}
