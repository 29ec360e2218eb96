import { ProtocolError } from "@fizz/protocol/errors";
import { type StatsQuery, type StatsSnapshot } from "@fizz/protocol/messages";
import { expect } from "chai";
import { type ObservedContainer } from "../../../node-agent/src/domain/observed.ts";
import { type Place, StatsDesk } from "../../../node-agent/src/leases/stats-desk.ts";
import { type ContainerUsage } from "../../../node-agent/src/domain/usage.ts";
import { codeOf } from "../../support/code-of.ts";
import { until } from "../../support/until.ts";
import { hashOf, observed, storedLease } from "../support/builders.ts";
import { ManualClock } from "../support/manual-clock.ts";

const LEASE = hashOf("lease");
const limits = { milliCpu: 500, memoryBytes: 1_000 };
const PLACES: Place[] = [
  { service: "web", replica: 0, limits },
  { service: "web", replica: 1, limits },
  { service: "db", replica: 0, limits },
];
const HELD = { memoryBytes: 10, receivedBytes: 1, sentBytes: 2, readBytes: 3, writtenBytes: 4, pids: 5 };

/** An engine whose readings come when a test says so. */
class ScriptedEngine {
  readonly readers = new Map<string, ((usage: ContainerUsage | Error | undefined) => void)[]>();
  opened = 0;

  async *usage(id: string, signal: AbortSignal): AsyncGenerator<ContainerUsage, void, void> {
    this.opened += 1;
    const waiting = this.readers.get(id) ?? [];
    this.readers.set(id, waiting);
    try {
      while (!signal.aborted) {
        const next = await new Promise<ContainerUsage | Error | undefined>((resolve) => {
          waiting.push(resolve);
          signal.addEventListener("abort", () => {
            resolve(undefined);
          });
        });
        if (next === undefined) return;
        if (next instanceof Error) throw next;
        yield next;
      }
    } finally {
      this.readers.delete(id);
    }
  }

  async give(id: string, next: ContainerUsage | Error): Promise<void> {
    await until(() => Promise.resolve((this.readers.get(id)?.length ?? 0) > 0), `a reader of ${id}`);
    this.readers.get(id)?.shift()?.(next);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

describe("StatsDesk", () => {
  const stops: AbortController[] = [];
  afterEach(() => {
    for (const stop of stops.splice(0)) stop.abort();
  });

  it("gives one snapshot of every replica, with the CPU's part, once two readings are there", async () => {
    const { engine, read, tick, at } = setup([observed({ id: "w0", digest: "d" })], { d: 3 });
    const reading = read({ follow: false });
    await engine.give("w0", { ...HELD, at, cpuNanos: 0 });
    await tick();
    await engine.give("w0", { ...HELD, at: at + 1_000, cpuNanos: 250_000_000 });
    await tick();
    const [snapshot, ...more] = await reading;
    expect(more).to.deep.equal([]);
    expect(snapshot?.replicas).to.deep.equal([
      { ...PLACES[0], restarts: 3, usage: { ...HELD, milliCpu: 250 } },
      { ...PLACES[1], restarts: 0, usage: null },
      { ...PLACES[2], restarts: 0, usage: null },
    ]);
  });

  it("does not wait for ever for an engine that gives only one reading", async () => {
    const { engine, read, tick, at } = setup([observed({ id: "w0" })]);
    const reading = read({ follow: false });
    await engine.give("w0", { ...HELD, at, cpuNanos: 0 });
    for (let times = 0; times < 4; times += 1) await tick();
    expect((await reading)[0]?.replicas[0]?.usage).to.deep.equal({ ...HELD, milliCpu: null });
  });

  it("gives who follows slowly the newest snapshot", async () => {
    const { engine, follow, tick, at } = setup([observed({ id: "w0" })]);
    const feed = follow();
    const first = feed.next();
    await engine.give("w0", { ...HELD, at, cpuNanos: 0 });
    await engine.give("w0", { ...HELD, at: at + 1_000, cpuNanos: 0 });
    await tick();
    await first;
    for (let second = 2; second < 9; second += 1) {
      await engine.give("w0", { ...HELD, at: at + second * 1_000, cpuNanos: 0, pids: 100 + second });
      await tick();
    }
    const next = await feed.next();
    expect(next.done === true ? undefined : next.value[0]?.replicas[0]?.usage?.pids).to.equal(108);
  });

  it("reads the engine once for all who look, and not at all when nobody does", async () => {
    const { engine, follow, tick, at } = setup([observed({ id: "w0" })]);
    const feeds = [follow(), follow(), follow()];
    const firsts = feeds.map((feed) => feed.next());
    await engine.give("w0", { ...HELD, at, cpuNanos: 0 });
    await engine.give("w0", { ...HELD, at: at + 1_000, cpuNanos: 0 });
    await tick();
    await Promise.all(firsts);
    expect(engine.opened).to.equal(1);
    await feeds[0]?.return();
    await feeds[1]?.return();
    expect(engine.readers.size).to.equal(1);
    await feeds[2]?.return();
    await until(() => Promise.resolve(engine.readers.size === 0), "the reader ends");
  });

  it("begins anew with a container that starts later, and forgets one that ended", async () => {
    const containers: ObservedContainer[] = [];
    const { engine, follow, tick, at } = setup(containers);
    const feed = follow();
    const first = feed.next();
    await until(async () => {
      await tick();
      return (await Promise.race([first, Promise.resolve(undefined)])) !== undefined;
    }, "a snapshot without containers");
    containers.push(observed({ id: "w0" }));
    const second = feed.next();
    await tick();
    expect(usageOf(await second)).to.equal(null);
    await engine.give("w0", { ...HELD, at, cpuNanos: 0 });
    const third = feed.next();
    await tick();
    expect(usageOf(await third)).to.deep.equal({ ...HELD, milliCpu: null });
    containers.length = 0;
    const fourth = feed.next();
    await tick();
    expect(usageOf(await fourth)).to.equal(null);
  });

  it("tells who follows when the engine is away", async () => {
    const { engine, follow, tick } = setup([observed({ id: "w0" })]);
    const code = codeOf(follow().next());
    await engine.give("w0", new ProtocolError("ENGINE_UNREACHABLE", "down"));
    await tick();
    expect(await code).to.equal("ENGINE_UNREACHABLE");
  });

  it("shows one service or one replica, and refuses one that there is not before it asks the engine", async () => {
    const { engine, read, tick } = setup([]);
    const places = async (query: Partial<StatsQuery>): Promise<string[]> => {
      const reading = read({ follow: false, ...query });
      reading.catch(() => undefined);
      await tick();
      const [snapshot] = await reading;
      return snapshot?.replicas.map(({ service, replica }) => `${service}-${replica}`) ?? [];
    };
    expect(await places({ service: "web" })).to.deep.equal(["web-0", "web-1"]);
    expect(await places({ service: "web", replica: 1 })).to.deep.equal(["web-1"]);
    expect(await places({ replica: 0 })).to.deep.equal(["web-0", "db-0"]);
    expect(await codeOf(places({ service: "cache" }))).to.equal("SERVICE_UNKNOWN");
    expect(await codeOf(places({ service: "db", replica: 1 }))).to.equal("SERVICE_UNKNOWN");
    expect(engine.opened).to.equal(0);
  });

  function setup(containers: readonly ObservedContainer[], restarts: Record<string, number> = {}) {
    const engine = new ScriptedEngine();
    const clock = new ManualClock();
    const counted = Object.entries(restarts).map(([digest, count]) => [
      digest,
      { count, lastExitAt: 0, nextAt: 0 },
    ]);
    const lease = storedLease({ restarts: Object.fromEntries(counted) as never });
    const desk = new StatsDesk({
      engine,
      clock,
      store: { find: () => lease },
      containers: () => containers,
      placesOf: () => Promise.resolve(PLACES),
    });
    const stop = new AbortController();
    stops.push(stop);
    const follow = (): AsyncGenerator<StatsSnapshot[], void, void> =>
      desk.stats(LEASE, { follow: true }, stop.signal);
    const read = async (query: StatsQuery): Promise<StatsSnapshot[]> => {
      const snapshots: StatsSnapshot[] = [];
      for await (const batch of desk.stats(LEASE, query, stop.signal)) snapshots.push(...batch);
      return snapshots;
    };
    /** A second passes, once somebody waits for it. */
    const tick = async (): Promise<void> => {
      await new Promise((resolve) => setTimeout(resolve, 5));
      clock.move(1_000);
      await new Promise((resolve) => setTimeout(resolve, 5));
    };
    return { engine, read, follow, tick, at: clock.now() };
  }
});

function usageOf(next: IteratorResult<StatsSnapshot[], void>): unknown {
  return next.done === true ? undefined : next.value[0]?.replicas[0]?.usage;
}
