import { ProtocolError } from "@fizz/protocol/errors";
import { expect } from "chai";
import { followFeed } from "../../../web/src/features/deployment/follow-feed.ts";

describe("followFeed", () => {
  it("hands over batches until the feed ends", async () => {
    const { run, items, states } = setup([() => feed([[1, 2], [3]])]);
    await run();
    expect(items).to.deep.equal([1, 2, 3]);
    expect(states).to.deep.equal(["connecting", "live", "ended"]);
  });

  it("opens again after a loss, and pauses longer each time", async () => {
    const lost = (): never => {
      throw new ProtocolError("NODE_UNREACHABLE", "gone");
    };
    const { run, items, pauses } = setup([lost, lost, lost, lost, lost, () => feed([[1]])]);
    await run();
    expect(pauses).to.deep.equal([1_000, 2_000, 4_000, 8_000, 15_000]);
    expect(items).to.deep.equal([1]);
  });

  it("begins with short pauses again once something came", async () => {
    const lost = (): never => {
      throw new TypeError("gone");
    };
    const { run, pauses } = setup([lost, lost, () => feed([[1]], new Error("cut")), () => feed([])]);
    await run();
    expect(pauses).to.deep.equal([1_000, 2_000, 1_000]);
  });

  it("stops for good when asking again cannot help", async () => {
    const refuse = (): never => {
      throw new ProtocolError("GRANT_EXPIRED", "too old");
    };
    const { run, states, pauses } = setup([refuse]);
    await run();
    expect(states).to.deep.equal(["connecting", "refused"]);
    expect(pauses).to.deep.equal([]);
  });

  it("waits for a node that does not know the lease yet, unless it cannot come to know it", async () => {
    const unknown = (): never => {
      throw new ProtocolError("LEASE_NOT_FOUND", "no such lease");
    };
    const waiting = setup([unknown, () => feed([[1]])], true);
    await waiting.run();
    expect(waiting.items).to.deep.equal([1]);
    const over = setup([unknown, () => feed([[1]])], false);
    await over.run();
    expect(over.states.at(-1)).to.equal("refused");
  });

  it("says nothing more after its signal", async () => {
    const abort = new AbortController();
    const { run, states } = setup([
      () => {
        abort.abort();
        throw new ProtocolError("STREAM_CLOSED", "stopped");
      },
    ]);
    await run(abort.signal);
    expect(states).to.deep.equal(["connecting"]);
  });

  function setup(opens: readonly (() => AsyncIterable<number[]>)[], mayAppear = false) {
    const items: number[] = [];
    const states: string[] = [];
    const pauses: number[] = [];
    let attempt = 0;
    const run = async (signal = new AbortController().signal): Promise<void> => {
      await followFeed<number>(
        {
          open: () => Promise.resolve().then(() => opens[attempt++]?.() ?? feed([])),
          onItems: (batch) => items.push(...batch),
          onState: (state) => states.push(state),
          mayAppear,
          sleep: (ms) => {
            pauses.push(ms);
            return Promise.resolve();
          },
        },
        signal,
      );
    };
    return { run, items, states, pauses };
  }
});

async function* feed(batches: readonly number[][], failure?: Error): AsyncGenerator<number[]> {
  for (const batch of batches) yield await Promise.resolve(batch);
  if (failure !== undefined) throw failure;
}
