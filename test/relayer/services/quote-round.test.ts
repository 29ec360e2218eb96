import { expect } from "chai";
import { type NodeView } from "../../../relayer/src/ports.ts";
import { type Answer, type RoundLimits, runRound } from "../../../relayer/src/services/quote-round.ts";
import { resourcesOn } from "../../../relayer/src/domain/screening.ts";
import { sampleOrder, sampleQuote } from "../../support/sample-order.ts";
import { hash, nodeFacts, nodeView } from "../support/builders.ts";

const order = sampleOrder();
const never = new AbortController().signal;
/** Far longer than a test may take. */
const LONG_MS = 600_000;

describe("a round of quotes", () => {
  it("does not wait for those who are late once there are enough bids", async () => {
    const { round } = setup(3, { enoughBids: 2, patienceMs: 1 }, (id) => (id === 2 ? "silence" : "bid"));
    expect(await round()).to.deep.equal(["bid", "node.no_answer", "bid"]);
  });

  it("waits for a slow one while bids are few, and the whole round at most", async () => {
    const answers: (() => void)[] = [];
    const { round } = setup(2, { enoughBids: 2, patienceMs: 1 }, (id) => {
      if (id === 1) return "bid";
      return new Promise((resolve) => {
        answers.push(() => {
          resolve("bid");
        });
      });
    });
    const result = round();
    // Later than the patience: timers of one process fire in their order.
    setTimeout(() => answers[0]?.(), 30);
    expect(await result).to.deep.equal(["bid", "bid"]);
    const { round: short } = setup(2, { roundMs: 20 }, (id) => (id === 1 ? "bid" : "silence"));
    expect(await short()).to.deep.equal(["bid", "node.no_answer"]);
  });

  it("asks the next nodes beside silent ones when bids are few, and gives up the first for room", async () => {
    const limits = { askedAtOnce: 2, openAtOnce: 4, enoughBids: 1, hedgeMs: 1, patienceMs: 50 };
    const { round, most } = setup(9, limits, (id) => (id < 9 ? "silence" : "bid"));
    expect(await round()).to.deep.equal([...Array<string>(8).fill("node.no_answer"), "bid"]);
    expect(most()).to.equal(4);
  });

  it("still hears those who answer after the next ones were asked", async () => {
    const answers: (() => void)[] = [];
    const limits = { askedAtOnce: 1, enoughBids: 2, hedgeMs: 1 };
    const { round } = setup(2, limits, (id) => {
      if (id === 2) {
        // Asked after the first was found slow, and the first answers only now.
        answers[0]?.();
        return "bid";
      }
      return new Promise((resolve) => {
        answers.push(() => {
          resolve("bid");
        });
      });
    });
    expect(await round()).to.deep.equal(["bid", "bid"]);
  });

  it("asks nobody for the sake of speed once there are enough bids", async () => {
    const limits = { askedAtOnce: 2, enoughBids: 1, hedgeMs: 1, patienceMs: 30 };
    const { round } = setup(6, limits, (id) => (id === 1 ? "bid" : "silence"));
    expect(await round()).to.deep.equal(["bid", "node.no_answer"]);
  });

  it("ends with a few bids when they are due, and waits longer for a first one", async () => {
    const { round } = setup(2, { dueMs: 5 }, (id) => (id === 1 ? "bid" : "silence"));
    expect(await round()).to.deep.equal(["bid", "node.no_answer"]);
    const slow = (): Promise<Word> =>
      new Promise((resolve) => {
        setTimeout(() => {
          resolve("bid");
        }, 30);
      });
    const { round: none } = setup(2, { dueMs: 5 }, (id) => (id === 1 ? slow() : "silence"));
    expect(await none()).to.deep.equal(["bid", "node.no_answer"]);
  });

  it("asks nobody more when there are enough bids", async () => {
    const { round } = setup(6, { askedAtOnce: 2, enoughBids: 3 }, () => "bid");
    expect(await round()).to.deep.equal(["bid", "bid", "bid", "bid"]);
  });

  it("counts no refusal as a bid", async () => {
    const { round } = setup(3, { askedAtOnce: 1, enoughBids: 1 }, (id) => (id < 3 ? "refusal" : "bid"));
    expect(await round()).to.deep.equal(["node.paused", "node.paused", "bid"]);
  });

  it("ends with what it has when the caller goes away", async () => {
    const caller = new AbortController();
    const { round } = setup(3, { askedAtOnce: 2 }, (id) => {
      if (id === 1) return "bid";
      setTimeout(() => {
        caller.abort();
      }, 5);
      return "silence";
    });
    expect(await round(caller.signal)).to.deep.equal(["bid", "node.no_answer"]);
  });

  type Word = "bid" | "refusal" | "silence";

  function setup(count: number, limits: Partial<RoundLimits>, say: (id: number) => Word | Promise<Word>) {
    let [asked, most] = [0, 0];
    const nodes = Array.from({ length: count }, (_, index) =>
      nodeView({ facts: nodeFacts({ nodeId: BigInt(index + 1) }) }),
    );
    const ask = async (node: NodeView, signal: AbortSignal): Promise<Answer> => {
      asked += 1;
      most = Math.max(most, asked);
      // A silent node is one whose call does not even end with the signal.
      signal.addEventListener("abort", () => (asked -= 1));
      const word = await say(Number(node.facts.nodeId));
      if (word === "silence") return await new Promise<never>(() => undefined);
      return answerOf(node, word);
    };
    const all = {
      ...{ askedAtOnce: 100, openAtOnce: 100, enoughBids: 100 },
      ...{ hedgeMs: LONG_MS, patienceMs: LONG_MS, dueMs: LONG_MS, roundMs: LONG_MS },
      ...limits,
    };
    const round = async (signal: AbortSignal = never): Promise<string[]> => {
      const answers = await runRound({ nodes, ask, signal, limits: all });
      return answers.map((answer) => (answer.type === "bid" ? "bid" : answer.refusal.code));
    };
    return { round, most: () => most };
  }

  function answerOf(node: NodeView, word: "bid" | "refusal"): Answer {
    const { nodeId } = node.facts;
    if (word === "refusal")
      return { type: "refusal", refusal: { nodeId, code: "node.paused", message: "not now" } };
    const signed = { quote: sampleQuote(order, hash(1), { nodeId }), signature: hash(1) };
    return { type: "bid", bid: { signed, node, wanted: resourcesOn(order.openPart, node) } };
  }
});
