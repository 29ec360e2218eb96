import { type Refusal } from "@fizz/protocol/messages";
import { reason } from "@fizz/protocol/scores";
import { type Bid } from "../domain/ranking.ts";
import { refusalOf } from "../domain/refusals.ts";
import { type NodeView } from "../ports.ts";

export type Answer =
  { readonly type: "bid"; readonly bid: Bid } | { readonly type: "refusal"; readonly refusal: Refusal };

export interface RoundLimits {
  /** Nodes that are asked in parallel. */
  readonly askedAtOnce: number;
  /** With so many bids nobody else is asked, and nobody who is late is waited for. */
  readonly enoughBids: number;
  /** Time after which a node is late: the round goes on without it when it can, in milliseconds. */
  readonly patienceMs: number;
  /** Time of the whole round, in milliseconds. */
  readonly roundMs: number;
}

export interface RoundInput {
  /** In the order in which they are asked. */
  readonly nodes: readonly NodeView[];
  readonly limits: RoundLimits;
  /** Never throws. Ended by the signal, or left alone. */
  readonly ask: (node: NodeView, signal: AbortSignal) => Promise<Answer>;
  /** Ends the round with what it has. */
  readonly signal: AbortSignal;
}

/**
 * Asks nodes in batches, until there are enough bids, nodes or time. A batch is over when all have answered, or when the late
 * ones hold up something: enough bids that are there, or nodes that were not asked yet.
 *
 * @returns An answer for each node that was asked; those not in time are refusals.
 */
export async function runRound({ nodes, limits, ask, signal }: RoundInput): Promise<Answer[]> {
  const ends = AbortSignal.any([signal, AbortSignal.timeout(limits.roundMs)]);
  const answers: Answer[] = [];
  let bids = 0;
  for (let at = 0; at < nodes.length; at += limits.askedAtOnce) {
    if (ends.aborted || bids >= limits.enoughBids) break;
    const batch = nodes.slice(at, at + limits.askedAtOnce);
    const isLast = at + batch.length >= nodes.length;
    const enough = isLast ? limits.enoughBids - bids : 0;
    answers.push(...(await askBatch(batch, { limits, ask, signal: ends, enough })));
    bids = answers.filter(({ type }) => type === "bid").length;
  }
  return answers;
}

interface BatchInput extends Pick<RoundInput, "limits" | "ask" | "signal"> {
  /** Bids with which late nodes are left out. */
  readonly enough: number;
}

async function askBatch(batch: readonly NodeView[], input: BatchInput): Promise<Answer[]> {
  const over = new AbortController();
  const signal = AbortSignal.any([input.signal, over.signal]);
  const startedAt = performance.now();
  let [bids, isLate] = [0, false];
  const check = (): void => {
    if (isLate && bids >= input.enough) over.abort();
  };
  const patience = setTimeout(() => {
    isLate = true;
    check();
  }, input.limits.patienceMs);
  const ended = endOf(signal);
  const answers = await Promise.all(
    batch.map(async (node) => {
      const answer = await Promise.race([input.ask(node, signal), ended]);
      if (answer?.type === "bid") bids += 1;
      check();
      return answer ?? lateAnswer(node, performance.now() - startedAt);
    }),
  );
  clearTimeout(patience);
  // Nobody is asked any more: what a node still sends is not waited for.
  over.abort();
  return answers;
}

async function endOf(signal: AbortSignal): Promise<undefined> {
  if (signal.aborted) return;
  await new Promise((resolve) => {
    signal.addEventListener("abort", resolve, { once: true });
  });
}

function lateAnswer(node: NodeView, waitedMs: number): Answer {
  const message = `did not answer within ${Math.round(waitedMs)} ms`;
  return { type: "refusal", refusal: refusalOf(node.facts.nodeId, [reason("node.no_answer", message)]) };
}
