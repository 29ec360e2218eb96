import { expect } from "chai";
import type { NodeRow } from "../../../web/src/features/nodes/node-row.ts";
import { NodesFeed, SILENCE_MS } from "../../../web/src/features/nodes/nodes-feed.ts";

describe("NodesFeed", () => {
  describe("when somebody looks", () => {
    it("connects once and shows what arrives", async () => {
      const { feed, sources } = setup();
      feed.subscribe(() => undefined);
      feed.subscribe(() => undefined);
      expect(sources).to.have.length(1);
      await sources[0]?.send("[1]");
      expect(feed.snapshot()).to.deep.equal({ nodes: [1], state: "live" });
    });
  });

  describe("when the connection breaks", () => {
    it("keeps the list, says so, and tries again with growing pauses", async () => {
      const { feed, sources, timers } = setup();
      feed.subscribe(() => undefined);
      await sources[0]?.send("[1]");
      sources[0]?.fail();
      expect(feed.snapshot()).to.deep.equal({ nodes: [1], state: "unreachable" });
      const pauses = [timers.fireNext()];
      for (let attempt = 1; attempt < 6; attempt += 1) {
        sources[attempt]?.fail();
        pauses.push(timers.fireNext());
      }
      expect(pauses).to.deep.equal([1_000, 2_000, 4_000, 8_000, 15_000, 15_000]);
      await sources.at(-1)?.send("[2]");
      expect(feed.snapshot()).to.deep.equal({ nodes: [2], state: "live" });
      sources.at(-1)?.fail();
      expect(timers.fireNext()).to.equal(1_000);
    });
  });

  describe("when the gateway falls silent", () => {
    it("gives up the connection after the limit", async () => {
      const { feed, sources, timers } = setup();
      feed.subscribe(() => undefined);
      await sources[0]?.send("[1]");
      expect(timers.fireNext()).to.equal(SILENCE_MS);
      expect(feed.snapshot().state).to.equal("unreachable");
      expect(sources[0]?.isClosed).to.equal(true);
    });
  });

  describe("when what arrives is not a list of nodes", () => {
    it("treats the gateway as unreachable", async () => {
      const { feed, sources } = setup();
      feed.subscribe(() => undefined);
      await sources[0]?.send("not JSON");
      expect(feed.snapshot()).to.deep.equal({ nodes: undefined, state: "unreachable" });
    });
  });

  describe("when nobody looks any more", () => {
    it("closes the connection and stops its timers", async () => {
      const { feed, sources, timers } = setup();
      const leave = feed.subscribe(() => undefined);
      await sources[0]?.send("[1]");
      leave();
      expect(sources[0]?.isClosed).to.equal(true);
      expect(timers.size()).to.equal(0);
    });
  });

  function setup() {
    const sources: FakeSource[] = [];
    const timers = new FakeTimers();
    const feed = new NodesFeed({
      open: () => {
        const source = new FakeSource();
        sources.push(source);
        return source;
      },
      parse: (data) => Promise.resolve().then(() => JSON.parse(data) as NodeRow[]),
      schedule: (run, delayMs) => timers.schedule(run, delayMs),
    });
    return { feed, sources, timers };
  }
});

class FakeSource {
  isClosed = false;
  readonly #listeners = new Map<string, (event: { data?: unknown }) => void>();

  addEventListener(type: string, listener: (event: { data?: unknown }) => void): void {
    this.#listeners.set(type, listener);
  }
  close(): void {
    this.isClosed = true;
  }
  async send(data: string): Promise<void> {
    this.#listeners.get("nodes")?.({ data });
    await new Promise((resolve) => setImmediate(resolve));
  }
  fail(): void {
    this.#listeners.get("error")?.({});
  }
}

class FakeTimers {
  readonly #waiting = new Map<number, { run: () => void; delayMs: number }>();
  #next = 0;

  schedule(run: () => void, delayMs: number): () => void {
    const id = (this.#next += 1);
    this.#waiting.set(id, { run, delayMs });
    return () => this.#waiting.delete(id);
  }
  size(): number {
    return this.#waiting.size;
  }
  fireNext(): number | undefined {
    const [first] = this.#waiting;
    if (first === undefined) return undefined;
    this.#waiting.delete(first[0]);
    first[1].run();
    return first[1].delayMs;
  }
}
