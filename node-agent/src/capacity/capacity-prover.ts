import {
  type Claim,
  type Difficulty,
  isProvable,
  laneSeedOf,
  MerkleTree,
  type SegmentOpening,
  type SegmentPlace,
  type WorkKind,
  workKinds,
  workOf,
} from "@fizz/protocol/capacity";
import { ProtocolError } from "@fizz/protocol/errors";
import { bytesToHex, type Hex, hexToBytes } from "viem";
import { LaneThread } from "./lane-thread.ts";
import { laneBytes, type LaneInput } from "./lane.ts";

export interface CapacityTask {
  readonly nodeSeed: Hex;
  readonly claim: Claim;
  readonly difficulty: Difficulty;
}

export interface CapacityRoots {
  readonly cpuRoot: Hex;
  readonly memoryRoot: Hex;
}

/** Most segments that one call opens. */
export const MAX_OPENED_SEGMENTS = 256;

/** Bytes that proving a claim takes at its height: what is claimed, and the trees and scratchpads of the threads. */
export function proverBytes(claim: Claim, difficulty: Difficulty): number {
  return workKinds.reduce((sum, kind) => sum + claim.threads * laneBytes(workOf(kind, claim, difficulty)), 0);
}

/**
 * Proves free threads and free memory, for one round. Each claimed thread is a thread here, which computes its CPU
 * chain and then its memory chain. The chains stay in memory, so that segments can be opened, until {@link stop}. An
 * aborted signal ends all threads.
 */
export class CapacityProver {
  readonly #task: CapacityTask;
  #threads: readonly LaneThread[] = [];
  readonly #trees = new Map<WorkKind, MerkleTree>();

  constructor(task: CapacityTask) {
    if (!isProvable(task.claim, task.difficulty)) {
      const { threads, memoryMiB } = task.claim;
      throw new ProtocolError("INPUT_INVALID", `${threads} threads and ${memoryMiB} MiB cannot be proven.`);
    }
    this.#task = task;
  }

  /** Does the work of the round. */
  async commit(signal: AbortSignal): Promise<CapacityRoots> {
    if (this.#threads.length > 0) throw new ProtocolError("INTERNAL", "The work was begun before.");
    return await this.#guarded(signal, async () => {
      this.#threads = Array.from({ length: this.#task.claim.threads }, () => new LaneThread());
      const roots = await Promise.all(
        this.#threads.map(async (thread, lane) => ({
          cpu: await thread.commit("cpu", this.#laneInput("cpu", lane), signal),
          memory: await thread.commit("memory", this.#laneInput("memory", lane), signal),
        })),
      );
      for (const kind of workKinds) {
        this.#trees.set(kind, new MerkleTree(roots.map((root) => hexToBytes(root[kind]))));
      }
      return { cpuRoot: this.#rootOf("cpu"), memoryRoot: this.#rootOf("memory") };
    });
  }

  /** Opens segments of one kind, in the order asked for. Every chain concerned is computed once more, at most. */
  async open(
    kind: WorkKind,
    places: readonly SegmentPlace[],
    signal: AbortSignal,
  ): Promise<SegmentOpening[]> {
    if (places.length > MAX_OPENED_SEGMENTS)
      throw new ProtocolError(
        "INPUT_TOO_LARGE",
        `At most ${MAX_OPENED_SEGMENTS} segments are opened at once.`,
      );
    const tree = this.#trees.get(kind);
    if (tree === undefined) throw new ProtocolError("INTERNAL", "Nothing is committed yet.");
    return await this.#guarded(signal, async () => {
      const byLane = Map.groupBy(places, ({ lane }) => lane);
      const opened = await Promise.all(
        [...byLane].map(async ([lane, wanted]) => {
          const thread = this.#threads[lane];
          if (thread === undefined) throw new ProtocolError("INPUT_INVALID", `There is no chain ${lane}.`);
          const segments = [...new Set(wanted.map(({ segment }) => segment))];
          return [lane, await thread.open(kind, segments, signal)] as const;
        }),
      );
      const partsOf = new Map(opened);
      return places.map(({ lane, segment }) => {
        const above = tree.pathOf(lane).map((sibling) => bytesToHex(sibling));
        const parts = partsOf.get(lane)?.get(segment) ?? [];
        return {
          lane,
          segment,
          parts: parts.map((part) => ({ labels: part.labels, path: [...part.path, ...above] })),
        };
      });
    });
  }

  /** Ends all threads and frees their memory. May be called twice. */
  async stop(): Promise<void> {
    const threads = this.#threads;
    this.#threads = [];
    this.#trees.clear();
    await Promise.all(
      threads.map(async (thread) => {
        await thread.stop();
      }),
    );
  }

  /** Whatever fails, and whoever aborts: no thread stays behind. */
  async #guarded<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    signal.throwIfAborted();
    try {
      return await work();
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  #laneInput(kind: WorkKind, lane: number): LaneInput {
    const { nodeSeed, claim, difficulty } = this.#task;
    const { windowLabels, stepsLog2 } = workOf(kind, claim, difficulty);
    return { laneSeed: laneSeedOf(nodeSeed, kind, lane), windowLabels, stepsLog2 };
  }

  #rootOf(kind: WorkKind): Hex {
    return bytesToHex(this.#trees.get(kind)?.root ?? new Uint8Array(32));
  }
}
