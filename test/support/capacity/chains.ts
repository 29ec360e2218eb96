import {
  computeChain,
  LABEL_BYTES,
  laneSeedOf,
  leafIndexOf,
  LABELS_PER_SEGMENT,
  MerkleTree,
  rootOf,
  SEGMENT_BYTES,
  type SegmentOpening,
  type SegmentPlace,
  segmentsToOpen,
  type Work,
} from "@fizz/protocol/capacity";
import { bytesToHex, type Hex, keccak256, toHex } from "viem";

/** A label that is committed to though it is false. */
export interface Falsehood {
  readonly lane?: number;
  readonly label: number;
  /** Byte of the label that is turned; the last ones are the pointer. */
  readonly byte?: number;
}

export interface CommittedChains {
  readonly root: Hex;
  open(place: SegmentPlace): SegmentOpening;
}

interface Input {
  readonly nodeSeed: Hex;
  readonly work: Work;
  readonly falsehood?: Falsehood | undefined;
  /** Part of each chain, at its end, that was never computed. */
  readonly leftOut?: number;
}

/** Labels from the start of one lane, one of them false if so wanted. */
export function labelsOf(
  { nodeSeed, work, falsehood, leftOut = 0 }: Input,
  lane: number,
  labels: number,
): Uint8Array {
  const laneSeed = laneSeedOf(nodeSeed, work.kind, lane);
  const chain = computeChain({ laneSeed, windowLabels: work.windowLabels, labels });
  if (falsehood !== undefined && (falsehood.lane ?? 0) === lane) {
    const at = falsehood.label * LABEL_BYTES + (falsehood.byte ?? 5);
    chain[at] = (chain[at] ?? 0) ^ 1;
  }
  return chain.fill(lane + 1, chain.length * (1 - leftOut));
}

/** All chains of a small work, whole. */
export function commitChains(input: Input): CommittedChains {
  const { work } = input;
  const chains = Array.from({ length: work.lanes }, (_, lane) => labelsOf(input, lane, 2 ** work.stepsLog2));
  const tree = new MerkleTree(chains.flatMap((chain) => segmentHashes(chain)));
  return {
    root: bytesToHex(tree.root),
    open: (place) =>
      openWith({ work, place, chain: chains[place.lane] ?? new Uint8Array() }, (segment) =>
        tree.pathOf(leafIndexOf(work, { lane: place.lane, segment })),
      ),
  };
}

const PREFIX_SEGMENTS = 64;

/** The first 64 segments of the first chain of a work of any size; the rest is anything. */
export function commitPrefix(input: Input): CommittedChains {
  const { work } = input;
  const chain = labelsOf(input, 0, PREFIX_SEGMENTS * LABELS_PER_SEGMENT);
  const tree = new MerkleTree(segmentHashes(chain));
  const above = Array.from({ length: work.depth - Math.log2(PREFIX_SEGMENTS) }, (_, height) =>
    keccak256(toHex(`sibling ${height}`), "bytes"),
  );
  return {
    root: bytesToHex(rootOf(tree.root, 0, above)),
    open: (place) => openWith({ work, place, chain }, (segment) => [...tree.pathOf(segment), ...above]),
  };
}

function segmentHashes(chain: Uint8Array): Uint8Array[] {
  return Array.from({ length: chain.length / SEGMENT_BYTES }, (_, at) =>
    keccak256(segmentAt(chain, at), "bytes"),
  );
}

function segmentAt(chain: Uint8Array, segment: number): Uint8Array {
  return chain.subarray(segment * SEGMENT_BYTES, (segment + 1) * SEGMENT_BYTES);
}

function openWith(
  input: { readonly work: Work; readonly place: SegmentPlace; readonly chain: Uint8Array },
  pathOf: (segment: number) => Uint8Array[],
): SegmentOpening {
  const { work, place, chain } = input;
  const { segment } = place;
  const lastBefore = segment === 0 ? undefined : segmentAt(chain, segment - 1).subarray(-LABEL_BYTES);
  const own = segmentAt(chain, segment);
  const opened = segmentsToOpen({ segment, windowLabels: work.windowLabels, own, lastBefore });
  return {
    lane: place.lane,
    segment,
    parts: opened.map((each) => ({
      labels: bytesToHex(segmentAt(chain, each)),
      path: pathOf(each).map((sibling) => bytesToHex(sibling)),
    })),
  };
}
