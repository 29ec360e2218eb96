import { ProtocolError } from "@fizz/protocol/errors";
import { type QuotesRequest, type QuotesResponse } from "@fizz/protocol/messages";
import { expect } from "chai";
import { zeroAddress } from "viem";
import { WaitingOrders, type WaitingLimits } from "../../../relayer/src/services/waiting-orders.ts";
import { codeOf } from "../../support/code-of.ts";
import { eventually, hash } from "../support/builders.ts";

const never = new AbortController().signal;
const LONG_MS = 600_000;

describe("orders that wait", () => {
  it("are answered at once when they may not wait, or when somebody bids", async () => {
    const { orders, tries, answers } = setup();
    expect(await orders.quotes(order(), never)).to.deep.equal(none(1));
    answers.bids = true;
    expect(quotesOf(await orders.quotes(order(60), never))).to.equal(1);
    expect(tries()).to.equal(2);
  });

  it("are tried again when the directory changes, many changes as one, until somebody bids", async () => {
    const { orders, tries, answers, change, listeners } = setup({ coalesceMs: 20 });
    const waiting = orders.quotes(order(60), never);
    await eventually(() => listeners() === 1);
    for (let n = 0; n < 50; n += 1) change();
    await eventually(() => tries() === 2);
    answers.bids = true;
    change();
    expect(quotesOf(await waiting)).to.equal(1);
    expect(tries()).to.equal(3);
    expect(listeners()).to.equal(0);
  });

  it("are tried again after a calm while without any change", async () => {
    const { orders, tries, answers } = setup({ calmMs: 5 });
    const waiting = orders.quotes(order(60), never);
    await eventually(() => tries() >= 3);
    answers.bids = true;
    expect(quotesOf(await waiting)).to.equal(1);
  });

  it("get the answer of the last try when time is up", async () => {
    const { orders, tries } = setup({ calmMs: 100 });
    const answer = await orders.quotes(order(1), never);
    expect(quotesOf(answer)).to.equal(0);
    expect(answer).to.deep.equal(none(tries()));
    expect(tries()).to.be.greaterThan(1);
  });

  it("leave with their caller", async () => {
    const { orders, listeners } = setup();
    const caller = new AbortController();
    const waiting = orders.quotes(order(240), caller.signal);
    await eventually(() => listeners() === 1);
    caller.abort();
    expect(await waiting).to.deep.equal(none(1));
    expect(listeners()).to.equal(0);
  });

  it("outlast a chain that does not answer, and nothing else that fails", async () => {
    const { orders, tries, answers, change, listeners } = setup({ coalesceMs: 1 });
    const waiting = orders.quotes(order(60), never);
    await eventually(() => listeners() === 1);
    answers.error = new ProtocolError("CHAIN_UNREACHABLE", "silent");
    change();
    await eventually(() => tries() === 2);
    answers.error = undefined;
    answers.bids = true;
    change();
    expect(quotesOf(await waiting)).to.equal(1);
    answers.bids = false;
    const other = orders.quotes(order(60), never);
    await eventually(() => listeners() === 1);
    answers.error = new ProtocolError("NODE_UNKNOWN", "gone");
    change();
    expect(await codeOf(other)).to.equal("NODE_UNKNOWN");
  });

  it("end with a code when the gateway is about to end", async () => {
    const { orders, answers, change, listeners } = setup({ coalesceMs: 1 });
    const waiting = orders.quotes(order(60), never);
    await eventually(() => listeners() === 1);
    answers.isServing = false;
    change();
    expect(await codeOf(waiting)).to.equal("GATEWAY_DRAINING");
    expect(await codeOf(orders.quotes(order(), never))).to.equal("GATEWAY_DRAINING");
  });

  it("are limited, for all and for each caller, and make room when they leave", async () => {
    const { orders, listeners } = setup({ orders: 3, ordersPerCaller: 2 });
    const gone = new AbortController();
    const first = orders.quotes(order(60), gone.signal, "a");
    const rest = new AbortController();
    const others = [orders.quotes(order(60), rest.signal, "a")];
    await eventually(() => listeners() === 1);
    expect(await codeOf(orders.quotes(order(60), never, "a"))).to.equal("LIMIT_REACHED");
    others.push(orders.quotes(order(60), rest.signal, "b"));
    await new Promise((resolve) => setImmediate(resolve));
    expect(await codeOf(orders.quotes(order(60), never, "c"))).to.equal("LIMIT_REACHED");
    gone.abort();
    await first;
    others.push(orders.quotes(order(60), rest.signal, "c"));
    await new Promise((resolve) => setImmediate(resolve));
    rest.abort();
    for (const answer of await Promise.all(others)) expect(quotesOf(answer)).to.equal(0);
  });

  it("are tried so many at once and no more, the first come first", async () => {
    const {
      orders,
      change,
      listeners,
      answers,
      most,
      order: asked,
    } = setup({ coalesceMs: 1, triesAtOnce: 2 });
    const rest = new AbortController();
    const waiting = [1n, 2n, 3n, 4n].map((nodeId) =>
      orders.quotes({ ...order(60), nodeId }, rest.signal, `${nodeId}`),
    );
    await eventually(() => listeners() === 1 && asked.length === 4);
    asked.length = 0;
    answers.slowMs = 5;
    change();
    await eventually(() => asked.length === 4);
    expect(asked).to.deep.equal([1n, 2n, 3n, 4n]);
    expect(most()).to.equal(2);
    rest.abort();
    await Promise.all(waiting);
  });

  function setup(limits: Partial<WaitingLimits> = {}) {
    const answers = {
      bids: false,
      isServing: true,
      slowMs: 0,
      error: undefined as ProtocolError | undefined,
    };
    const listeners = new Set<() => void>();
    const asked: (bigint | undefined)[] = [];
    let [tries, busy, most] = [0, 0, 0];
    const desk = {
      quotes: async ({ nodeId }: QuotesRequest): Promise<QuotesResponse> => {
        tries += 1;
        asked.push(nodeId);
        const mine = none(tries);
        busy += 1;
        if (answers.slowMs > 0) {
          most = Math.max(most, busy);
          await new Promise((resolve) => setTimeout(resolve, answers.slowMs));
        }
        busy -= 1;
        if (answers.error !== undefined) throw answers.error;
        return answers.bids ? { ...mine, quotes: [{} as QuotesResponse["quotes"][number]] } : mine;
      },
    };
    const orders = new WaitingOrders(
      {
        desk,
        onNodesChange: (listener) => {
          listeners.add(listener);
          return () => listeners.delete(listener);
        },
        requireServing: () => {
          if (!answers.isServing) throw new ProtocolError("GATEWAY_DRAINING", "ends");
        },
      },
      { coalesceMs: LONG_MS, calmMs: LONG_MS, ...limits },
    );
    const change = (): void => {
      for (const listener of listeners) listener();
    };
    return {
      ...{ orders, answers, change, order: asked },
      ...{ tries: () => tries, listeners: () => listeners.size, most: () => most },
    };
  }

  /** The answer of a try: no quote, and the try's number. */
  function none(tries: number): QuotesResponse {
    return { quotes: [], refusals: [], round: { eligible: 0, asked: tries } };
  }

  function quotesOf({ quotes }: QuotesResponse): number {
    return quotes.length;
  }

  function order(waitSeconds?: number): QuotesRequest {
    return {
      ...{ openPart: {}, openSalt: hash(1), tenant: zeroAddress, token: zeroAddress },
      ...(waitSeconds === undefined ? {} : { waitSeconds }),
    };
  }
});
