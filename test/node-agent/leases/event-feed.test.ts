import { expect } from "chai";
import { DeploymentDesk } from "../../../node-agent/src/leases/deployment-desk.ts";
import { HeldManifests } from "../../../node-agent/src/leases/held-manifests.ts";
import { Traffic } from "../../../node-agent/src/leases/traffic.ts";
import { hashOf, storedLease } from "../support/builders.ts";
import { FakeChain, NODE } from "../support/fake-chain.ts";
import { FakeClock } from "../support/fake-clock.ts";
import { FakeEngine } from "../support/fake-engine.ts";
import { FakeMachine } from "../support/fake-machine.ts";
import { MemoryJournal, MemoryStore } from "../support/memory-store.ts";

const LEASE = hashOf("lease");

describe("the events of a lease that are followed", () => {
  it("end with the last one, also when it came while a slow reader had those before", async () => {
    const { feed, journal, store } = await setup();
    journal.append(LEASE, { code: "image.pulled", message: "one" });
    expect(codesIn(await feed.next())).to.deep.equal(["image.pulled"]);
    journal.append(LEASE, { code: "lease.closed", message: "two" });
    await store.change(LEASE, (lease) => ({ ...lease, removedAt: 1 }));
    expect(codesIn(await feed.next())).to.deep.equal(["lease.closed"]);
    expect((await feed.next()).done).to.equal(true);
  });

  it("end at once for a lease that is over and has no more of them", async () => {
    const { feed, store } = await setup();
    await store.change(LEASE, (lease) => ({ ...lease, removedAt: 1 }));
    expect((await feed.next()).done).to.equal(true);
  });

  async function setup() {
    const [store, journal] = [new MemoryStore(), new MemoryJournal()];
    const clock = new FakeClock();
    await store.save(storedLease());
    const desk = new DeploymentDesk({
      chain: new FakeChain(),
      engine: new FakeEngine(new FakeMachine(), NODE.operator),
      store,
      journal,
      clock,
      manifests: new HeldManifests(),
      traffic: new Traffic({ clock, onIdle: () => undefined }),
      health: { stateOf: () => undefined },
      containers: () => [],
    });
    const feed = desk.events(LEASE, { follow: true, cursor: 0 }, new AbortController().signal);
    return { feed, journal, store };
  }

  function codesIn({ value }: IteratorResult<readonly { readonly code: string }[], void>) {
    return (value ?? []).map(({ code }) => code);
  }
});
