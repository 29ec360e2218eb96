import { type PulledImage } from "./pulled-image.ts";

/** The owner's word on images that no lease needs. */
export interface ImageRule {
  /** Age of the last use, in milliseconds. */
  readonly maxAgeMs: number;
  /** All images of the node together. */
  readonly maxBytes: bigint;
}

export interface ImageUse {
  /** Unpacked, by reference, of what the engine has. */
  readonly sizes: ReadonlyMap<string, number>;
  /** References to which a lease is pinned. */
  readonly pinned: ReadonlySet<string>;
  /** Unix milliseconds. */
  readonly now: number;
  /** What must become free; 0 where the disk has room. */
  readonly shortBytes: bigint;
}

/** `gone`: the engine does not have it any more, and nothing is left but the record. */
export type RemovalReason = "age" | "space" | "disk" | "gone";

/** A pull that is under way has a record, and no image yet. In milliseconds. */
const PULL_MS = 24 * 3_600_000;

/** Which of the images that the node pulled may go, those used longest ago first. None that a lease is pinned to. */
export function imagesToRemove(
  images: readonly PulledImage[],
  { sizes, pinned, now, shortBytes }: ImageUse,
  rule: ImageRule,
): { readonly reference: string; readonly why: RemovalReason }[] {
  const used = lastUses(images);
  const sizeOf = (reference: string): bigint => BigInt(sizes.get(reference) ?? 0);
  let total = [...used.keys()].reduce((sum, reference) => sum + sizeOf(reference), 0n);
  let freed = 0n;
  const removed: { reference: string; why: RemovalReason }[] = [];
  const candidates = [...used].filter(([reference]) => !pinned.has(reference));
  for (const [reference, usedAt] of candidates.sort(([, left], [, right]) => left - right)) {
    const unusedMs = now - usedAt;
    const isThere = sizes.has(reference);
    const why = isThere
      ? reasonFor({
          isOld: unusedMs > rule.maxAgeMs,
          isTooMuch: total > rule.maxBytes,
          isShort: freed < shortBytes,
        })
      : goneFor(unusedMs);
    if (why === undefined) continue;
    removed.push({ reference, why });
    total -= sizeOf(reference);
    freed += sizeOf(reference);
  }
  return removed;
}

function reasonFor(is: { isOld: boolean; isTooMuch: boolean; isShort: boolean }): RemovalReason | undefined {
  if (is.isOld) return "age";
  if (is.isTooMuch) return "space";
  return is.isShort ? "disk" : undefined;
}

function goneFor(unusedMs: number): RemovalReason | undefined {
  return unusedMs > PULL_MS ? "gone" : undefined;
}

/** By reference: one image may have several names. */
function lastUses(images: readonly PulledImage[]): Map<string, number> {
  const used = new Map<string, number>();
  for (const { reference, usedAt } of images) used.set(reference, Math.max(usedAt, used.get(reference) ?? 0));
  return used;
}
