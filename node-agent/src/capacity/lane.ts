import { bytesToHex, type Hex, hexToBytes } from "viem";
import {
  LABEL_BYTES,
  LABELS_PER_BLOCK,
  LABELS_PER_SEGMENT,
  type OpenedPart,
  SEGMENT_BYTES,
  segmentsToOpen,
} from "@fizz/protocol/capacity";
import { ProtocolError } from "@fizz/protocol/errors";
import { chainProgram, layout, roundConstants } from "./chain-program.ts";

export interface LaneInput {
  readonly laneSeed: Hex;
  /** Labels that the chain reads from; whole blocks, or less than one block. */
  readonly windowLabels: number;
  readonly stepsLog2: number;
}

const SEGMENTS_PER_BLOCK = LABELS_PER_BLOCK / LABELS_PER_SEGMENT;
const PAGE_BYTES = 65_536;

/** What a block and its window need besides the window: the block itself, and the rest of the oldest block. */
const SPARE_LABELS = 2 * LABELS_PER_BLOCK;

interface Program {
  readonly hash: (source: number, lanes: number, target: number) => void;
  readonly reduce: (source: number, target: number, count: number) => void;
  /** Index, end, slot, window, bytes of the ring, address of the roots. */
  readonly run: (...values: [number, number, number, number, number, number]) => void;
}

let compiled: WebAssembly.Module | undefined;

/** Bytes that a lane takes: its window, the tree above its blocks, and little else. */
export function laneBytes(input: Pick<LaneInput, "windowLabels" | "stepsLog2">): number {
  const blocks = 2 ** input.stepsLog2 / LABELS_PER_BLOCK;
  return layout.ring + (input.windowLabels + SPARE_LABELS + 2 * blocks) * LABEL_BYTES;
}

/** One chain: computed once to commit, and again, up to the last segment asked for, to open. Runs in a worker. */
export class Lane {
  readonly #input: LaneInput;
  readonly #ringLabels: number;
  readonly #blocks: number;
  readonly #roots: number;
  readonly #bytes: Uint8Array;
  readonly #program: Program;
  readonly #levels: number[] = [];

  constructor(input: LaneInput) {
    if (2 ** input.stepsLog2 < LABELS_PER_BLOCK)
      throw new ProtocolError("INPUT_INVALID", "A chain is at least one block long.");
    this.#input = input;
    this.#blocks = 2 ** input.stepsLog2 / LABELS_PER_BLOCK;
    this.#ringLabels = Math.ceil(input.windowLabels / LABELS_PER_BLOCK) * LABELS_PER_BLOCK + SPARE_LABELS;
    this.#roots = layout.ring + this.#ringLabels * LABEL_BYTES;
    const memory = new WebAssembly.Memory({
      initial: Math.ceil((laneBytes(input) + SEGMENT_BYTES * SEGMENTS_PER_BLOCK) / PAGE_BYTES),
    });
    this.#bytes = new Uint8Array(memory.buffer);
    compiled ??= new WebAssembly.Module(chainProgram());
    this.#program = new WebAssembly.Instance(compiled, { env: { memory } }).exports as Program;
    const view = new DataView(memory.buffer);
    for (const [round, constant] of roundConstants().entries())
      view.setBigUint64(layout.constants + 8 * round, constant, true);
    this.#bytes.set(hexToBytes(input.laneSeed), layout.message);
  }

  /** Computes the whole chain and gives its root. */
  commit(): Hex {
    this.#run(0, this.#blocks);
    let level = this.#roots;
    let count = this.#blocks;
    this.#levels.length = 0;
    this.#levels.push(level);
    while (count > 1) {
      const next = level + count * LABEL_BYTES;
      this.#program.reduce(level, next, count / 2);
      level = next;
      count /= 2;
      this.#levels.push(level);
    }
    return bytesToHex(this.#read(level));
  }

  /** Opens segments of a committed chain; paths end at the root of the chain. */
  open(segments: readonly number[]): Map<number, OpenedPart[]> {
    const opened = new Map<number, OpenedPart[]>();
    let block = 0;
    for (const segment of segments.toSorted((a, b) => a - b)) {
      const end = Math.floor(segment / SEGMENTS_PER_BLOCK) + 1;
      if (end > this.#blocks)
        throw new ProtocolError("INPUT_INVALID", `The chain has no segment ${segment}.`);
      if (end > block) this.#run(block, end);
      block = end;
      const own = this.#segment(segment);
      const lastBefore = segment === 0 ? undefined : this.#segment(segment - 1).subarray(-LABEL_BYTES);
      const { windowLabels } = this.#input;
      const all = segmentsToOpen({ segment, windowLabels, own, lastBefore });
      opened.set(
        segment,
        all.map((each) => ({ labels: bytesToHex(this.#segment(each)), path: this.#path(each) })),
      );
    }
    return opened;
  }

  #run(from: number, to: number): void {
    const first = from * LABELS_PER_BLOCK;
    this.#program.run(
      first,
      to * LABELS_PER_BLOCK,
      layout.ring + (first % this.#ringLabels) * LABEL_BYTES,
      this.#input.windowLabels,
      this.#ringLabels * LABEL_BYTES,
      this.#roots + from * LABEL_BYTES,
    );
  }

  #segmentAddress(segment: number): number {
    return layout.ring + ((segment * LABELS_PER_SEGMENT) % this.#ringLabels) * LABEL_BYTES;
  }

  #segment(segment: number): Uint8Array {
    const start = this.#segmentAddress(segment);
    return this.#bytes.slice(start, start + SEGMENT_BYTES);
  }

  /** Siblings within the block, computed again, then those above it, kept from the commitment. */
  #path(segment: number): Hex[] {
    const block = Math.floor(segment / SEGMENTS_PER_BLOCK);
    const path: Hex[] = [];
    for (let at = 0; at < SEGMENTS_PER_BLOCK; at++) {
      const source = this.#segmentAddress(block * SEGMENTS_PER_BLOCK + at);
      this.#program.hash(source, SEGMENT_BYTES / 8, layout.tree + at * LABEL_BYTES);
    }
    let index = segment % SEGMENTS_PER_BLOCK;
    for (let count = SEGMENTS_PER_BLOCK; count > 1; count /= 2) {
      path.push(bytesToHex(this.#read(layout.tree + (index ^ 1) * LABEL_BYTES)));
      this.#program.reduce(layout.tree, layout.tree, count / 2);
      index >>= 1;
    }
    index = block;
    for (const level of this.#levels.slice(0, -1)) {
      path.push(bytesToHex(this.#read(level + (index ^ 1) * LABEL_BYTES)));
      index >>= 1;
    }
    return path;
  }

  #read(address: number): Uint8Array {
    return this.#bytes.slice(address, address + LABEL_BYTES);
  }
}
