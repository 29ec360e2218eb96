import { expect } from "chai";
import { type ChainSnapshot } from "../../../node-agent/src/domain/lease-record.ts";
import { ReclaimWatch } from "../../../node-agent/src/leases/reclaim-watch.ts";
import { hashOf, leaseRecord } from "../support/builders.ts";
import { FakeChain, NODE } from "../support/fake-chain.ts";
import { FakeClock } from "../support/fake-clock.ts";
import { silentLog } from "../support/silent-log.ts";

describe("ReclaimWatch", () => {
  it("gives notice once, closes when it is over, and tells that the hours have begun", async () => {
    const { chain, clock, watch, look, changes } = setup();
    await look();
    expect(chain.sent).to.deep.equal([]);
    clock.move(3_600_000);
    await look();
    await look();
    expect(chain.sent).to.deep.equal(["giveNotice node.reclaimed"]);
    clock.move(3_500_000);
    await look();
    expect(chain.sent).to.have.length(1);
    expect(changes).to.have.length(0);
    clock.move(200_000);
    await look();
    expect(chain.sent).to.deep.equal(["giveNotice node.reclaimed", "close node.reclaimed"]);
    expect(changes).to.have.length(1);
    await watch.stop();
  });

  it("does nothing to another lease under the same number, and tries again what failed, after a minute", async () => {
    const { chain, clock, watch, snapshot } = setup();
    clock.move(3_600_000);
    await snapshot();
    chain.put(leaseRecord({ leaseHash: hashOf("other"), paidUntil: 2_000_000_000 }));
    await watch.look();
    expect(chain.sent).to.deep.equal([]);
    chain.put(leaseRecord({ paidUntil: 2_000_000_000 }));
    clock.move(60_000);
    chain.isDown = true;
    await watch.look();
    chain.isDown = false;
    await watch.look();
    expect(chain.sent, "not at once").to.deep.equal([]);
    clock.move(60_000);
    await watch.look();
    expect(chain.sent).to.deep.equal(["giveNotice node.reclaimed"]);
  });

  it("takes nothing back where the owner did not say so, and nothing before it knows the chain", async () => {
    const quiet = setup({ reclaims: false });
    quiet.clock.move(7_000_000);
    await quiet.look();
    const blind = setup();
    blind.clock.move(7_000_000);
    await blind.watch.look();
    expect([...quiet.chain.sent, ...blind.chain.sent]).to.deep.equal([]);
  });

  function setup({ reclaims = true } = {}) {
    const chain = new FakeChain();
    const clock = new FakeClock();
    const begins = clock.now() + 7_200_000;
    chain.put(leaseRecord({ paidUntil: 2_000_000_000 }));
    const changes: number[] = [];
    let seen: ChainSnapshot | undefined;
    const watch = new ReclaimWatch(
      {
        ...{ chain, clock, log: silentLog, snapshot: () => seen },
        busy: () => ({ from: begins, to: begins + 3_600_000 }),
        onChange: () => changes.push(clock.now()),
      },
      { nodeId: NODE.nodeId, reclaims },
    );
    const snapshot = async (): Promise<void> => {
      chain.headTime = clock.now() / 1_000;
      seen = await chain.snapshot(NODE.nodeId, []);
    };
    const look = async (): Promise<void> => {
      await snapshot();
      await watch.look();
    };
    return { chain, clock, watch, look, snapshot, changes };
  }
});
