import { type Hex, hexToBytes, keccak256 } from "viem";
import { z } from "zod";
import { bytes32Schema, hexSchema } from "../messages/primitives.ts";
import { labelOf, laneSeedOf, NO_LABEL, pointerOf } from "./hashing.ts";
import { rootOf } from "./merkle.ts";
import {
  LABEL_BYTES,
  LABELS_PER_SEGMENT,
  leafIndexOf,
  parentOf,
  SEGMENT_BYTES,
  type SegmentPlace,
  segmentsPerLane,
  type Work,
} from "./parameters.ts";

const MAX_DEPTH = 48;
const MAX_PARTS = LABELS_PER_SEGMENT + 2;

/** A segment with its proof. */
const openedPartSchema = z.strictObject({
  labels: hexSchema(SEGMENT_BYTES),
  path: z.array(bytes32Schema).max(MAX_DEPTH),
});
export type OpenedPart = z.infer<typeof openedPartSchema>;

/**
 * A segment and all that its labels were made of: the segment itself, the one before it (unless it is the first of its
 * chain), then, label by label, each segment that is pointed to and is neither of these two.
 */
export const segmentOpeningSchema = z.strictObject({
  lane: z.int().min(0).max(0xffff),
  segment: z.int().min(0).max(0xffffffff),
  parts: z.array(openedPartSchema).min(1).max(MAX_PARTS),
});
export type SegmentOpening = z.infer<typeof segmentOpeningSchema>;

export interface Commitment {
  readonly nodeSeed: Hex;
  readonly work: Work;
  /** Merkle root over all segments of all chains of this kind. */
  readonly root: Hex;
}

/**
 * `right`: every label is what its inputs give. `wrong`: the root commits to a label that is not; such an opening is the
 * evidence that the contract takes. `malformed`: it is no opening under this root.
 */
export type SegmentVerdict =
  | { readonly outcome: "right" }
  | { readonly outcome: "wrong"; readonly label: number }
  | { readonly outcome: "malformed"; readonly reason: string };

/** Re-executes one opened segment, as `WorkChain.check` does. */
export function verifySegment(commitment: Commitment, opening: SegmentOpening): SegmentVerdict {
  const { work, nodeSeed } = commitment;
  const { lane, segment } = opening;
  if (lane >= work.lanes || segment >= segmentsPerLane(work)) return malformed("no such segment");
  const reader = new PartReader(commitment, opening);
  const own = reader.take(segment);
  const before = segment === 0 ? NO_SEGMENT : reader.take(segment - 1);
  if (own === undefined || before === undefined) return malformed(reader.problem);

  const seed = hexToBytes(laneSeedOf(nodeSeed, work.kind, lane));
  const verdict = execute({ seed, segment, own, before, reader, work });
  if (verdict.outcome !== "right" || reader.isDone) return verdict;
  return malformed("more parts than are read");
}

interface Execution {
  readonly seed: Uint8Array;
  readonly segment: number;
  readonly own: Uint8Array;
  readonly before: Uint8Array;
  readonly reader: PartReader;
  readonly work: Work;
}

function execute(execution: Execution): SegmentVerdict {
  const { seed, segment, own, before, reader } = execution;
  for (let offset = 0; offset < LABELS_PER_SEGMENT; offset++) {
    const index = segment * LABELS_PER_SEGMENT + offset;
    const previous = offset > 0 ? labelAt(own, offset - 1) : labelAt(before, LABELS_PER_SEGMENT - 1);
    const parent = index === 0 ? NO_LABEL : readParent(execution, index, previous);
    if (parent === undefined) return malformed(reader.problem);
    if (!equals(labelOf(seed, index, { previous, parent }), labelAt(own, offset))) {
      return { outcome: "wrong", label: index };
    }
  }
  return { outcome: "right" };
}

const NO_SEGMENT = new Uint8Array(SEGMENT_BYTES);

function readParent(execution: Execution, index: number, previous: Uint8Array): Uint8Array | undefined {
  const { segment, own, before, reader, work } = execution;
  const parent = parentOf(index, pointerOf(previous), work.windowLabels);
  const offset = parent % LABELS_PER_SEGMENT;
  const parentSegment = Math.floor(parent / LABELS_PER_SEGMENT);
  if (parentSegment === segment) return labelAt(own, offset);
  if (parentSegment === segment - 1) return labelAt(before, offset);
  const labels = reader.take(parentSegment);
  return labels === undefined ? undefined : labelAt(labels, offset);
}

/** Hands out the parts one by one, each checked against the root. */
class PartReader {
  readonly #commitment: Commitment;
  readonly #opening: SegmentOpening;
  #next = 0;
  problem = "";

  constructor(commitment: Commitment, opening: SegmentOpening) {
    this.#commitment = commitment;
    this.#opening = opening;
  }

  get isDone(): boolean {
    return this.#next === this.#opening.parts.length;
  }

  /** The next part, if it is the segment at this place; else `problem` says why not. */
  take(segment: number): Uint8Array | undefined {
    const part = this.#opening.parts[this.#next++];
    const labels = part === undefined ? undefined : hexToBytes(part.labels);
    this.problem = this.#problemOf(segment, part, labels);
    return this.problem === "" ? labels : undefined;
  }

  #problemOf(segment: number, part: OpenedPart | undefined, labels: Uint8Array | undefined): string {
    const { work, root } = this.#commitment;
    if (part === undefined || labels === undefined) return "a part is missing";
    if (labels.length !== SEGMENT_BYTES) return "a part has another size";
    if (part.path.length !== work.depth) return "a path has another length";
    const path = part.path.map((sibling) => hexToBytes(sibling));
    const place: SegmentPlace = { lane: this.#opening.lane, segment };
    const found = rootOf(keccak256(labels, "bytes"), leafIndexOf(work, place), path);
    return equals(found, hexToBytes(root)) ? "" : "a part is not under the root";
  }
}

function labelAt(segment: Uint8Array, offset: number): Uint8Array {
  return segment.subarray(offset * LABEL_BYTES, (offset + 1) * LABEL_BYTES);
}

function malformed(reason: string): SegmentVerdict {
  return { outcome: "malformed", reason };
}

function equals(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, at) => byte === b[at]);
}
