import { readFileSync, writeFileSync } from "node:fs";
import {
  computeChain,
  LABELS_PER_SEGMENT,
  laneSeedOf,
  nodeSeedOf,
  type SegmentOpening,
  type SegmentVerdict,
  type Work,
  type WorkKind,
} from "@fizz/protocol/capacity";
import { bytesToHex, type Hex, keccak256, toHex } from "viem";
import { commitChains, type Falsehood } from "./chains.ts";

/** One opening that TypeScript and Solidity judge alike. */
export interface CapacityVector {
  readonly name: string;
  readonly kind: WorkKind;
  readonly windowLabels: number;
  readonly lane: number;
  readonly segment: number;
  readonly falsehood?: Falsehood;
  /** Merkle root over both chains, the falsehood included. */
  readonly root: Hex;
  /** keccak256 of all parts of the opening, one after the other: labels, then path. */
  readonly openingHash: Hex;
  readonly outcome: "right" | "wrong";
  /** First wrong label. */
  readonly label?: number;
}

export interface CapacityVectors {
  readonly seed: Hex;
  readonly nodeId: string;
  readonly subnetId: number;
  readonly round: number;
  readonly stepsLog2: number;
  readonly lanes: number;
  readonly nodeSeed: Hex;
  /** Per kind and lane: seed of the chain, and its first and last labels. */
  readonly chains: readonly {
    readonly kind: WorkKind;
    readonly windowLabels: number;
    readonly lane: number;
    readonly laneSeed: Hex;
    readonly first: Hex;
    readonly last: Hex;
  }[];
  readonly cases: readonly CapacityVector[];
  /** One opening in full. */
  readonly opening: SegmentOpening;
}

const FILE = new URL("../../vectors/capacity.json", import.meta.url);
const STEPS_LOG2 = 9;
const LANES = 2;
const LAST = 2 ** STEPS_LOG2 / LABELS_PER_SEGMENT - 1;
const SEED = keccak256(toHex("capacity vectors"));
const WINDOWS: Record<WorkKind, number> = { cpu: 64, memory: 256 };

export function readCapacityVectors(): CapacityVectors {
  return JSON.parse(readFileSync(FILE, "utf8")) as CapacityVectors;
}

export function writeCapacityVectors(vectors: CapacityVectors): void {
  writeFileSync(FILE, `${JSON.stringify(vectors, null, 2)}\n`);
}

export function vectorWork(kind: WorkKind, vectors: Pick<CapacityVectors, "stepsLog2" | "lanes">): Work {
  const { stepsLog2, lanes } = vectors;
  return { kind, lanes, windowLabels: WINDOWS[kind], stepsLog2, depth: stepsLog2 - 4 + Math.log2(lanes) };
}

export function hashOfOpening(opening: SegmentOpening): Hex {
  const words = opening.parts.flatMap(({ labels, path }) => [labels, ...path]);
  return keccak256(`0x${words.map((word) => word.slice(2)).join("")}`);
}

/** What test/vectors/capacity.json must say. */
export function makeCapacityVectors(): CapacityVectors {
  const node = { seed: SEED, nodeId: 7n, subnetId: 3, round: 5 };
  const nodeSeed = nodeSeedOf(node);
  const shape = { stepsLog2: STEPS_LOG2, lanes: LANES };
  const cases = plannedCases().map((plan): CapacityVector => {
    const work = vectorWork(plan.kind, shape);
    const committed = commitChains({ nodeSeed, work, falsehood: plan.falsehood });
    return {
      ...plan,
      windowLabels: work.windowLabels,
      root: committed.root,
      openingHash: hashOfOpening(committed.open(plan)),
    };
  });
  const work = vectorWork("cpu", shape);
  return {
    ...{ seed: SEED, nodeId: "7", subnetId: node.subnetId, round: node.round, ...shape, nodeSeed },
    chains: (["cpu", "memory"] as const).flatMap((kind) =>
      Array.from({ length: LANES }, (_, lane) => chainOf(nodeSeed, kind, lane)),
    ),
    cases,
    opening: commitChains({ nodeSeed, work }).open({ lane: 1, segment: LAST }),
  };
}

function chainOf(nodeSeed: Hex, kind: WorkKind, lane: number): CapacityVectors["chains"][number] {
  const laneSeed = laneSeedOf(nodeSeed, kind, lane);
  const windowLabels = WINDOWS[kind];
  const labels = computeChain({ laneSeed, windowLabels, labels: 2 ** STEPS_LOG2 });
  const [first, last] = [bytesToHex(labels.slice(0, 32)), bytesToHex(labels.slice(-32))];
  return { kind, windowLabels, lane, laneSeed, first, last };
}

type Plan = Omit<CapacityVector, "windowLabels" | "root" | "openingHash">;

function plannedCases(): Plan[] {
  const right = (kind: WorkKind, lane: number, segment: number): Plan => ({
    name: `${kind}: right, chain ${lane}, segment ${segment}`,
    ...{ kind, lane, segment, outcome: "right" as const },
  });
  const wrong = (kind: WorkKind, falsehood: Falsehood, note: string): Plan => ({
    name: `${kind}: ${note}`,
    ...{ kind, lane: falsehood.lane ?? 0, segment: falsehood.label >> 4, falsehood },
    ...{ outcome: "wrong" as const, label: falsehood.label },
  });
  const everyWord = Array.from({ length: LABELS_PER_SEGMENT }, (_, offset) =>
    wrong("cpu", { lane: 1, label: 320 + offset }, `label ${offset} of a segment is false`),
  );
  return [
    ...(["cpu", "memory"] as const).flatMap((kind) => [
      ...[0, 1, 2, LAST - 1, LAST].map((segment) => right(kind, 1, segment)),
      right(kind, 0, 0),
      right(kind, 0, LAST),
      wrong(kind, { label: 0 }, "the first label is false"),
      wrong(kind, { lane: 1, label: 2 ** STEPS_LOG2 - 1 }, "the last label is false"),
      wrong(kind, { label: 200, byte: 31 }, "the pointer in a label is false"),
      wrong(kind, { label: 200, byte: 0 }, "the first bit of a label is false"),
    ]),
    ...everyWord,
    {
      name: "cpu: a false label that a later segment does not read leaves that one right",
      ...{ kind: "cpu", lane: 0, segment: LAST, falsehood: { label: 0 }, outcome: "right" },
    },
    {
      name: "cpu: the label after a false one is false as well, seen from its own segment",
      ...{ kind: "cpu", lane: 0, segment: 21, falsehood: { label: 335 }, outcome: "wrong", label: 336 },
    },
  ];
}

/** The verdict that a case expects. */
export function expectedVerdict(vector: CapacityVector): SegmentVerdict {
  return vector.label === undefined ? { outcome: "right" } : { outcome: "wrong", label: vector.label };
}
