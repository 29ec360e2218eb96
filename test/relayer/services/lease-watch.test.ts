import { expect } from "chai";
import { MISSING_LEASE_BLOCKS } from "../../../relayer/src/domain/lease-standing.ts";
import { type LeaseNews } from "../../../relayer/src/ports.ts";
import { LeaseWatch } from "../../../relayer/src/services/lease-watch.ts";
import { hash, leaseFacts, memoryLogger } from "../support/builders.ts";
import { FakeChain } from "../support/fake-chain.ts";

describe("LeaseWatch", () => {
  it("tells each change of a lease's standing once", async () => {
    const { chain, news, heads } = setup();
    await heads(3);
    expect(news).to.deep.equal([{ standing: "open", state: "open" }]);
    chain.leases.set(1n, leaseFacts({ state: "active" }));
    await heads(2);
    expect(news.at(-1)).to.deep.equal({ standing: "running", state: "active" });
    expect(news).to.have.length(2);
  });

  it("says over only when the confirmed chain says closed", async () => {
    const { chain, news, heads } = setup("active");
    chain.confirm();
    await heads(1);
    chain.leases.set(1n, leaseFacts({ state: "closed" }));
    await heads(3);
    expect(news.at(-1)).to.deep.equal({ standing: "ending", state: "closed" });
    chain.confirm();
    await heads(1);
    expect(news.at(-1)?.standing).to.equal("over");
  });

  it("takes a lease back that a reorganisation closed and reopened", async () => {
    const { chain, news, heads } = setup("active");
    chain.confirm();
    await heads(1);
    chain.leases.set(1n, leaseFacts({ state: "closed" }));
    await heads(1);
    chain.leases.set(1n, leaseFacts({ state: "active" }));
    await heads(1);
    expect(news.map(({ standing }) => standing)).to.deep.equal(["running", "ending", "running"]);
  });

  it("waits long before a lease that vanished counts as over, and not at all when it comes back", async () => {
    const { chain, news, heads } = setup("active");
    await heads(1);
    chain.leases.delete(1n);
    await heads(Number(MISSING_LEASE_BLOCKS));
    expect(news.at(-1)).to.deep.equal({ standing: "ending", state: "none" });
    chain.leases.set(1n, leaseFacts());
    await heads(1);
    expect(news.at(-1)?.standing).to.equal("running");
    chain.leases.delete(1n);
    await heads(Number(MISSING_LEASE_BLOCKS) + 2);
    expect(news.at(-1)?.standing).to.equal("over");
  });

  it("says nothing while the chain is silent, and catches up afterwards", async () => {
    const { chain, news, heads } = setup("active");
    await heads(1);
    chain.reachable = false;
    chain.leases.set(1n, leaseFacts({ state: "closed" }));
    await heads(50);
    expect(news).to.have.length(1);
    chain.reachable = true;
    chain.confirm();
    await heads(1, false);
    expect(news.at(-1)?.standing).to.equal("over");
  });

  it("reads only leases that changed", async () => {
    const { chain, heads } = setup("active");
    await heads(1);
    let reads = 0;
    const find = chain.findLease.bind(chain);
    chain.findLease = (lid, view) => {
      reads += 1;
      return find(lid, view);
    };
    await heads(5, false);
    expect(reads).to.equal(0);
    chain.advance(1n, { lids: new Set([1n]) });
    await heads(1, false);
    expect(reads).to.equal(1);
  });

  function setup(state: "open" | "active" = "open") {
    const chain = new FakeChain();
    chain.leases.set(1n, leaseFacts({ state }));
    const watch = new LeaseWatch({ chain, logger: memoryLogger() });
    const news: LeaseNews[] = [];
    watch.start();
    watch.watch({ lid: 1n, leaseHash: hash(0xaa) }, (entry) => news.push(entry));
    const heads = async (count: number, everything = true): Promise<void> => {
      for (let n = 0; n < count; n += 1) {
        chain.advance(1n, { everything });
        await watch.settled();
      }
    };
    return { chain, news, heads };
  }
});
