import { expect } from "chai";
import type { NodeRow, NodesNews } from "../../../web/src/features/nodes/node-row.ts";
import { type FeedEvent, NodesFeed, SILENCE_MS } from "../../../web/src/features/nodes/nodes-feed.ts";

describe("NodesFeed", () => {
  describe("when somebody looks", () => {
    it("connects once and shows what arrives", async () => {
      const { feed, sources } = setup();
      feed.subscribe(() => undefined);
      feed.subscribe(() => undefined);
      expect(sources).to.have.length(1);
      await sources[0]?.snapshot(1, 2);
      expect(shown(feed)).to.deep.equal([["1", "2"], "live"]);
    });

    it("shows a snapshot when all its parts are there", async () => {
      const { feed, sources } = setup();
      feed.subscribe(() => undefined);
      await sources[0]?.send("snapshot", { begin: true, end: false, nodes: rows(1) });
      expect(shown(feed)).to.deep.equal([undefined, "connecting"]);
      await sources[0]?.send("snapshot", { begin: false, end: true, nodes: rows(2) });
      expect(shown(feed)).to.deep.equal([["1", "2"], "live"]);
      await sources[0]?.snapshot(3);
      expect(shown(feed)).to.deep.equal([["3"], "live"]);
    });

    it("takes what changed, and leaves the rest as it is", async () => {
      const { feed, sources } = setup();
      feed.subscribe(() => undefined);
      await sources[0]?.snapshot(1, 2, 3);
      const changed = [{ nodeId: "2", region: "new" }, ...rows(4)];
      await sources[0]?.send("delta", { nodes: changed, removed: ["1", "9"] });
      const nodes = [{ nodeId: "2", region: "new" }, ...rows(3, 4)];
      expect(feed.snapshot()).to.deep.equal({ nodes, state: "live" });
    });

    it("reads messages in their order, however long one takes", async () => {
      const { feed, sources } = setup({ slow: "snapshot" });
      feed.subscribe(() => undefined);
      const first = sources[0]?.snapshot(1);
      await sources[0]?.send("delta", { nodes: rows(2), removed: [] });
      await first;
      expect(shown(feed)).to.deep.equal([["1", "2"], "live"]);
    });
  });

  describe("when the connection breaks", () => {
    it("keeps the list, says so, and tries again with growing pauses", async () => {
      const { feed, sources, timers } = setup();
      feed.subscribe(() => undefined);
      await sources[0]?.snapshot(1);
      sources[0]?.fail();
      expect(shown(feed)).to.deep.equal([["1"], "unreachable"]);
      const pauses = [timers.fireNext()];
      for (let attempt = 1; attempt < 6; attempt += 1) {
        sources[attempt]?.fail();
        pauses.push(timers.fireNext());
      }
      expect(pauses).to.deep.equal([1_000, 2_000, 4_000, 8_000, 15_000, 15_000]);
      await sources.at(-1)?.snapshot(2);
      expect(shown(feed)).to.deep.equal([["2"], "live"]);
      sources.at(-1)?.fail();
      expect(timers.fireNext()).to.equal(1_000);
    });

    it("goes on from where it was", async () => {
      const { feed, sources, timers, cursors } = setup();
      feed.subscribe(() => undefined);
      await sources[0]?.snapshot(1);
      await sources[0]?.send("delta", { nodes: rows(2), removed: [] }, "c2");
      sources[0]?.fail();
      timers.fireNext();
      await sources[1]?.send("beat", {});
      expect(shown(feed)).to.deep.equal([["1", "2"], "live"]);
      expect(cursors).to.deep.equal([undefined, "c2"]);
    });
  });

  describe("when the gateway falls silent", () => {
    it("gives up the connection after the limit", async () => {
      const { feed, sources, timers } = setup();
      feed.subscribe(() => undefined);
      await sources[0]?.snapshot(1);
      expect(timers.fireNext()).to.equal(SILENCE_MS);
      expect(feed.snapshot().state).to.equal("unreachable");
      expect(sources[0]?.isClosed).to.equal(true);
    });
  });

  describe("when what arrives is not a list of nodes", () => {
    it("treats the gateway as unreachable, and begins anew", async () => {
      const { feed, sources, timers, cursors } = setup();
      feed.subscribe(() => undefined);
      await sources[0]?.snapshot(1);
      await sources[0]?.send("delta", "nothing of the kind");
      expect(shown(feed)).to.deep.equal([["1"], "unreachable"]);
      timers.fireNext();
      expect(cursors).to.deep.equal([undefined, undefined]);
    });
  });

  describe("when nobody looks any more", () => {
    it("closes the connection and stops its timers", async () => {
      const { feed, sources, timers } = setup();
      const leave = feed.subscribe(() => undefined);
      await sources[0]?.snapshot(1);
      leave();
      expect(sources[0]?.isClosed).to.equal(true);
      expect(timers.size()).to.equal(0);
    });
  });

  function setup({ slow }: { slow?: string } = {}) {
    const sources: FakeSource[] = [];
    const cursors: (string | undefined)[] = [];
    const timers = new FakeTimers();
    const feed = new NodesFeed({
      open: (cursor) => {
        const source = new FakeSource();
        cursors.push(cursor);
        sources.push(source);
        return source;
      },
      parse: async (kind, data) => {
        if (kind === slow) await turn();
        const news = JSON.parse(data) as object | string;
        if (typeof news === "string") throw new Error(news);
        return { kind, ...news } as NodesNews;
      },
      schedule: (run, delayMs) => timers.schedule(run, delayMs),
    });
    return { feed, sources, timers, cursors };
  }

  function shown(feed: NodesFeed) {
    const { nodes, state } = feed.snapshot();
    return [nodes?.map(({ nodeId }) => nodeId), state];
  }
});

function rows(...ids: number[]): Pick<NodeRow, "nodeId">[] {
  return ids.map((id) => ({ nodeId: String(id) }));
}

async function turn(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

class FakeSource {
  isClosed = false;
  readonly #listeners = new Map<string, (event: FeedEvent) => void>();

  addEventListener(type: string, listener: (event: FeedEvent) => void): void {
    this.#listeners.set(type, listener);
  }
  close(): void {
    this.isClosed = true;
  }
  async snapshot(...ids: number[]): Promise<void> {
    await this.send("snapshot", { begin: true, end: true, nodes: rows(...ids) });
  }
  async send(kind: string, news: unknown, lastEventId = ""): Promise<void> {
    this.#listeners.get(kind)?.({ data: JSON.stringify(news), lastEventId });
    for (let turns = 0; turns < 3; turns += 1) await turn();
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
