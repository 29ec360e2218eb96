import { expect } from "chai";
import { type LeaseLook } from "../../../node-agent/src/leases/lease-look.ts";
import { type LeaseWorker } from "../../../node-agent/src/leases/lease-worker.ts";
import { Reconciler } from "../../../node-agent/src/leases/reconciler.ts";
import { Wakeup } from "../../../node-agent/src/leases/wakeup.ts";
import { until } from "../../support/until.ts";
import { hashOf, leaseRecord, storedLease } from "../support/builders.ts";
import { FakeChain, NODE } from "../support/fake-chain.ts";
import { FakeEngine } from "../support/fake-engine.ts";
import { FakeMachine } from "../support/fake-machine.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { MemoryJournal, MemoryStore } from "../support/memory-store.ts";
import { silentLog } from "../support/silent-log.ts";

const LEASE = hashOf("lease");
const LOOK_EVERY_MS = 10_000;

describe("Reconciler, of blocks", () => {
  it("tells which looks are of a block alone, and looks at everything every 10 s however many blocks there are", async () => {
    const { reconciler, clock, wakeup, looks, chain } = await setup();
    try {
      const looked = async (wake: () => void): Promise<boolean | undefined> => {
        const count = looks.length;
        wake();
        await until(() => Promise.resolve(looks.length > count), "there was a look");
        return looks.at(-1)?.isOnlyBlock;
      };
      const block = () => {
        wakeup.block();
      };
      const anything = () => {
        wakeup.now();
      };
      await until(() => Promise.resolve(looks.length > 0), "there was a first look");
      expect(looks[0]?.isOnlyBlock).to.equal(false);
      expect(await looked(block)).to.equal(true);
      clock.move(LOOK_EVERY_MS - 1);
      expect(await looked(block)).to.equal(true);
      expect(await looked(anything)).to.equal(false);
      for (const isOnlyBlock of [true, false, true]) {
        clock.move(LOOK_EVERY_MS / 2);
        expect(await looked(block)).to.equal(isOnlyBlock);
      }
      clock.move(-3 * LOOK_EVERY_MS);
      expect(await looked(block), "the clock was set back").to.equal(false);
      chain.isDown = true;
      block();
      await until(
        () => Promise.resolve((clock.nextMs ?? LOOK_EVERY_MS) < LOOK_EVERY_MS),
        "it waits to try again",
      );
      chain.isDown = false;
      const again = () => {
        clock.move(LOOK_EVERY_MS / 2);
      };
      expect(await looked(again), "the chain was away").to.equal(false);
    } finally {
      await reconciler.stop();
    }
  });
});

async function setup() {
  const clock = new ManualClock();
  const [chain, store, wakeup] = [new FakeChain(), new MemoryStore(), new Wakeup(clock)];
  await store.save(storedLease({ leaseHash: LEASE, lid: 1n }));
  chain.put(leaseRecord({ leaseHash: LEASE, lid: 1n, state: "active" }));
  const looks: LeaseLook[] = [];
  const worker: Pick<LeaseWorker, "look" | "stepsDone" | "isIdle" | "stop"> = {
    look: (look) => {
      looks.push(look);
    },
    ...{ stepsDone: () => 0, isIdle: () => true, stop: () => Promise.resolve() },
  };
  const reconciler = new Reconciler(
    {
      ...{ chain, store, clock, wakeup, log: silentLog, journal: new MemoryJournal() },
      engine: new FakeEngine(new FakeMachine(), NODE.operator),
      makeWorker: () => worker as LeaseWorker,
      onLeasesChanged: () => undefined,
    },
    { nodeId: NODE.nodeId, missingGraceMs: 0 },
  );
  reconciler.start();
  return { reconciler, clock, wakeup, looks, chain };
}
