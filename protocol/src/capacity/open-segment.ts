import { pointerOf, NO_LABEL } from "./hashing.ts";
import { LABEL_BYTES, LABELS_PER_SEGMENT, parentOf } from "./parameters.ts";

/** Segments that an opening holds, in its order. Needs the labels of the segment itself and the one before it. */
export function segmentsToOpen(input: {
  readonly segment: number;
  readonly windowLabels: number;
  readonly own: Uint8Array;
  /** Last label of the segment before; anything for the first segment. */
  readonly lastBefore?: Uint8Array | undefined;
}): number[] {
  const { segment, windowLabels, own, lastBefore } = input;
  const opened = segment === 0 ? [0] : [segment, segment - 1];
  for (let offset = 0; offset < LABELS_PER_SEGMENT; offset++) {
    const index = segment * LABELS_PER_SEGMENT + offset;
    if (index === 0) continue;
    const previous =
      offset === 0
        ? (lastBefore ?? NO_LABEL)
        : own.subarray((offset - 1) * LABEL_BYTES, offset * LABEL_BYTES);
    const parent = Math.floor(parentOf(index, pointerOf(previous), windowLabels) / LABELS_PER_SEGMENT);
    if (parent < segment - 1) opened.push(parent);
  }
  return opened;
}
