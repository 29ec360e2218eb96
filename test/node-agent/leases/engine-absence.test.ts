import { ProtocolError } from "@fizz/protocol/errors";
import { expect } from "chai";
import { ContainerSteps, type StepContext } from "../../../node-agent/src/leases/container-steps.ts";
import { EngineWatch } from "../../../node-agent/src/leases/engine-watch.ts";
import { LeaseLog } from "../../../node-agent/src/leases/lease-log.ts";
import { hashOf, observed, storedLease } from "../support/builders.ts";
import { NODE } from "../support/fake-chain.ts";
import { FakeEngine } from "../support/fake-engine.ts";
import { FakeMachine } from "../support/fake-machine.ts";
import { FakeImages, fakeSupply, MemoryImages } from "../support/fake-images.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { MemoryJournal, MemoryStore } from "../support/memory-store.ts";
import { silentLog } from "../support/silent-log.ts";

const LEASE = hashOf("lease");
const MINUTE_MS = 60_000;

describe("an engine that goes away and comes back", () => {
  it("was away from the end of one watch to the beginning of the next that holds, whatever was tried between", async () => {
    const { clock, watch, engine, pass } = setup();
    const from = clock.now();
    watch.start();
    await pass(MINUTE_MS);
    expect(watch.wasAway(clock.now()), "it never was").to.equal(false);
    const left = clock.now();
    engine.end();
    engine.isDown = true;
    await pass(MINUTE_MS);
    engine.isDown = false;
    await pass(4_000);
    const back = clock.now();
    await pass(MINUTE_MS);
    const asked = [from, left, left + MINUTE_MS / 2, back, clock.now()].map((at) => watch.wasAway(at));
    expect(asked).to.deep.equal([false, true, true, true, false]);
    await watch.stop();
  });

  it("counts no restart of what it took along, which may run again at once; another exit waits", async () => {
    const { clock, store, steps, context } = setup();
    await store.save(storedLease());
    const ended = { state: "exited", exitCode: 143, startedAt: clock.now() - 5_000 } as const;
    const taken = observed({ ...ended, digest: "taken", finishedAt: 1_000 });
    const crashed = observed({ ...ended, digest: "crashed", finishedAt: 2_000 });
    for (const container of [taken, crashed]) await steps.perform({ type: "note-exit", container }, context);
    expect(store.find(LEASE)?.restarts).to.deep.equal({
      taken: { count: 0, lastExitAt: 1_000, nextAt: clock.now() },
      crashed: { count: 1, lastExitAt: 2_000, nextAt: clock.now() + 1_000 },
    });
  });

  it("waits for nothing after an end that was counted before the engine was known to be away", async () => {
    const isAway = { now: false };
    const { clock, store, steps, context } = setup(() => isAway.now);
    await store.save(storedLease());
    const ended = {
      state: "exited",
      exitCode: 143,
      startedAt: clock.now() - 5_000,
      finishedAt: 1_000,
    } as const;
    const container = observed({ ...ended, digest: "taken" });
    await steps.perform({ type: "note-exit", container }, context);
    const counted = { count: 1, lastExitAt: 1_000, nextAt: clock.now() + 1_000 };
    expect(steps.restartsOf(store.find(LEASE))).to.deep.equal({ taken: counted });
    isAway.now = true;
    expect(steps.restartsOf(store.find(LEASE))).to.deep.equal({ taken: { ...counted, nextAt: 0 } });
  });

  function setup(wasEngineAway: (at: number) => boolean = (at) => at === 1_000) {
    const clock = new ManualClock();
    const journal = new MemoryJournal();
    const store = new MemoryStore();
    const engine = new WatchedEngine();
    const watch = new EngineWatch({ engine, clock, log: silentLog, onChange: () => undefined });
    const registries = new FakeImages(engine.machine);
    const images = fakeSupply({ engine, images: registries, book: new MemoryImages(), store, clock });
    const steps = new ContainerSteps({ engine, images, store, clock, wasEngineAway });
    const log = new LeaseLog(journal, LEASE);
    const signal = new AbortController().signal;
    const context: StepContext = { leaseHash: LEASE, log, signal, onFailure: () => undefined };
    /** In small steps, so that all who sleep wake in their turn. */
    const pass = async (ms: number): Promise<void> => {
      for (let passed = 0; passed < ms; passed += 100) {
        clock.move(100);
        await new Promise((resolve) => setImmediate(resolve));
      }
    };
    return { clock, store, engine, watch, steps, context, pass };
  }
});

class WatchedEngine extends FakeEngine {
  #end = new AbortController();

  constructor() {
    super(new FakeMachine(), NODE.operator);
  }

  /** Ends the watch that is under way, as an engine does that ends. */
  end(): void {
    this.#end.abort();
    this.#end = new AbortController();
  }

  override async watch(onChange: () => void, signal: AbortSignal): Promise<void> {
    if (this.isDown) throw new ProtocolError("ENGINE_UNREACHABLE", "The Docker Engine does not answer.");
    await super.watch(onChange, AbortSignal.any([signal, this.#end.signal]));
  }
}
