import { type Refusal } from "@fizz/protocol/messages";
import { reason } from "@fizz/protocol/scores";
import { type Bid } from "../domain/ranking.ts";
import { refusalOf } from "../domain/refusals.ts";
import { type NodeView } from "../ports.ts";

export type Answer =
  { readonly type: "bid"; readonly bid: Bid } | { readonly type: "refusal"; readonly refusal: Refusal };

export interface RoundLimits {
  /** Nodes of one wave. */
  readonly askedAtOnce: number;
  /** Nodes that are waited for at once: for more, the wave that was asked first is given up. */
  readonly openAtOnce: number;
  /** With so many bids nobody else is asked, and nobody who is late is waited for. */
  readonly enoughBids: number;
  /** Time after which a wave with silent nodes does not hold up the next one, in milliseconds. Its nodes may still answer. */
  readonly hedgeMs: number;
  /** Time of the round after which enough bids end it, in milliseconds. */
  readonly patienceMs: number;
  /** Time of the round after which any bid ends it, in milliseconds. */
  readonly dueMs: number;
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
 * Asks nodes in waves, until there are enough bids, nodes or time. Silent nodes hold nobody up: the next wave is asked
 * beside them.
 *
 * @returns An answer for each node that was asked; those not in time are refusals.
 */
export async function runRound(input: RoundInput): Promise<Answer[]> {
  return await new Round(input).run();
}

interface Wave {
  readonly ends: AbortController;
  /** Nodes that have not answered. */
  open: number;
  isSlow: boolean;
}

class Round {
  readonly #input: RoundInput;
  readonly #startedAt = performance.now();
  readonly #over = new AbortController();
  readonly #timers: NodeJS.Timeout[] = [];
  readonly #waves: Wave[] = [];
  /** By the place of the node. */
  readonly #answers: (Answer | undefined)[] = [];
  #bids = 0;
  #isLate = false;
  #isDue = false;

  constructor(input: RoundInput) {
    this.#input = input;
  }

  async run(): Promise<Answer[]> {
    const { limits, nodes, signal } = this.#input;
    const ended = endOf(AbortSignal.any([signal, this.#over.signal]));
    this.#after(limits.patienceMs, () => (this.#isLate = true));
    this.#after(limits.dueMs, () => (this.#isDue = true));
    this.#after(limits.roundMs, () => {
      this.#over.abort();
    });
    this.#goOn();
    await ended;
    for (const timer of this.#timers) clearTimeout(timer);
    // Nobody is asked any more: what a node still sends is not waited for.
    this.#over.abort();
    return this.#answers.map((answer, place) => answer ?? this.#lateAnswer(nodes[place]));
  }

  #after(ms: number, change: () => void): void {
    const timer = setTimeout(() => {
      change();
      this.#goOn();
    }, ms);
    this.#timers.push(timer);
  }

  #goOn(): void {
    const { nodes, limits, signal } = this.#input;
    if (this.#over.signal.aborted || signal.aborted) return;
    if (this.#isOver()) {
      this.#over.abort();
      return;
    }
    const newest = this.#waves.at(-1);
    const isHeldUp = newest !== undefined && newest.open > 0 && !newest.isSlow;
    if (!isHeldUp && this.#bids < limits.enoughBids && this.#answers.length < nodes.length) this.#askWave();
  }

  #isOver(): boolean {
    const { nodes, limits } = this.#input;
    if (this.#bids > 0 && this.#isDue) return true;
    const isAnswered = this.#openCount() === 0;
    if (this.#bids >= limits.enoughBids) return isAnswered || this.#isLate;
    return isAnswered && this.#answers.length >= nodes.length;
  }

  #openCount(): number {
    return this.#waves.reduce((sum, { open }) => sum + open, 0);
  }

  #askWave(): void {
    const { nodes, limits } = this.#input;
    const from = this.#answers.length;
    const asked = nodes.slice(from, from + limits.askedAtOnce);
    for (const wave of this.#waves) {
      if (this.#openCount() + asked.length <= limits.openAtOnce) break;
      wave.open = 0;
      wave.ends.abort();
    }
    const wave: Wave = { ends: new AbortController(), open: asked.length, isSlow: false };
    this.#waves.push(wave);
    const signal = AbortSignal.any([this.#over.signal, wave.ends.signal]);
    const ended = endOf(signal);
    this.#answers.push(...asked.map(() => undefined));
    for (const [index, node] of asked.entries())
      void this.#askOne(node, { place: from + index, wave, signal, ended });
    this.#after(limits.hedgeMs, () => (wave.isSlow = true));
  }

  async #askOne(node: NodeView, { place, wave, signal, ended }: Question): Promise<void> {
    const answer = await Promise.race([this.#input.ask(node, signal), ended]);
    if (signal.aborted) return;
    this.#answers[place] = answer;
    wave.open -= 1;
    if (answer?.type === "bid") this.#bids += 1;
    this.#goOn();
  }

  #lateAnswer(node: NodeView | undefined): Answer {
    const message = `did not answer within ${Math.round(performance.now() - this.#startedAt)} ms`;
    const nodeId = node?.facts.nodeId ?? 0n;
    return { type: "refusal", refusal: refusalOf(nodeId, [reason("node.no_answer", message)]) };
  }
}

interface Question {
  readonly place: number;
  readonly wave: Wave;
  readonly signal: AbortSignal;
  /** When the signal has aborted. */
  readonly ended: Promise<undefined>;
}

async function endOf(signal: AbortSignal): Promise<undefined> {
  if (signal.aborted) return;
  await new Promise((resolve) => {
    signal.addEventListener("abort", resolve, { once: true });
  });
}
