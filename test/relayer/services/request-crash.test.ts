import { ProtocolError } from "@fizz/protocol/errors";
import { forwardRequestId } from "@fizz/protocol/typed-data";
import { expect } from "chai";
import { type Hex, parseGwei } from "viem";
import { type RelayChain, type RequestStore } from "../../../relayer/src/request-ports.ts";
import { codeOf } from "../../support/code-of.ts";
import { breaking } from "../support/breaking.ts";
import { MemoryRequestStore } from "../support/memory-request-store.ts";
import { deployRelayWorld, type GatewayParts } from "../support/relay-world.ts";

describe("relayed requests, when the process ends at any step", function () {
  this.timeout(120_000);
  let world: Awaited<ReturnType<typeof deployRelayWorld>>;
  let snapshot: Hex;
  before(async () => {
    world = await deployRelayWorld(2);
  });
  after(async () => {
    await world.anvil.stop();
  });
  beforeEach(async () => {
    snapshot = await world.test.snapshot();
  });
  afterEach(async () => {
    await world.test.setAutomine(true);
    await world.test.revert({ id: snapshot });
  });

  for (const when of ["before", "after"] as const)
    for (const pool of ["mined", "kept", "lost"] as const)
      it(`does each request once, ended ${when} any step, what was sent is ${pool}`, async () => {
        let steps = 0;
        for (let at = 1; ; at += 1) {
          const inner = await world.test.snapshot();
          const wasHit = await crashAt({ at, when, pool });
          await world.test.setAutomine(true);
          await world.test.revert({ id: inner });
          if (!wasHit) break;
          steps = at;
        }
        // Taken, kept with its number, sent, in a block, settled: twice.
        expect(steps).to.be.at.least(8);
      });

  it("does each request once though a replacement was kept and never sent", async () => {
    const { test } = world;
    await test.setAutomine(false);
    const store = new MemoryRequestStore();
    const first = world.gateway({ store });
    const { id } = await first.desk.relay(await world.confirm(0));
    await first.sender.round();
    for (let n = 0; n < 4; n += 1) {
      await test.setNextBlockBaseFeePerGas({ baseFeePerGas: parseGwei("200") });
      await test.mine({ blocks: 1 });
    }
    const broken = world.gateway({
      store,
      relay: breaking<RelayChain>(world.relay, { left: 1, when: "before", names: ["send"] }),
    });
    expect(await codeOf(broken.sender.round())).to.equal("INTERNAL");
    const again = world.gateway({ store });
    await again.finish();
    expect((await again.desk.find(id)).state).to.equal("final");
    expect(await world.executedOf()).to.equal(1n);
  });

  interface Ending {
    readonly at: number;
    readonly when: "before" | "after";
    /** Whether transactions are in a block at once; or wait, and are still there after the end, or not. */
    readonly pool: "mined" | "kept" | "lost";
  }

  /** Two requests of one signer. @returns Whether the end came at all. */
  async function crashAt({ at, when, pool }: Ending): Promise<boolean> {
    const store = new MemoryRequestStore();
    const requests = [await world.confirm(0), await world.confirm(1, { nonce: 1n })];
    const count = await world.sentCount();
    const crash = { left: at, when };
    const parts = {
      store: breaking<RequestStore>(store, crash),
      relay: breaking<RelayChain>(world.relay, crash),
    };
    if (pool !== "mined") await world.test.setAutomine(false);
    const isThrough = await play(parts, requests, 6);
    if (pool === "lost") await world.client.request({ method: "anvil_dropAllTransactions" } as never);
    const step = `step ${at}, ${when}`;
    expect(await play({ store }, requests, 16), step).to.equal(true);
    expect(await world.executedOf(), `executed, ${step}`).to.equal(2n);
    expect(await world.sentCount(), `paid for, ${step}`).to.equal(count + 2);
    const states = await Promise.all(
      requests.map(({ request }) => store.findRequest(forwardRequestId(world.domain, request))),
    );
    expect(
      states.map((found) => found?.state),
      step,
    ).to.deep.equal(["final", "final"]);
    for (const { lid } of world.leases) expect(await world.stateOf(lid)).to.equal("active");
    return !isThrough;
  }

  /** What clients and blocks do until all is done, or the process ends. */
  async function play(
    parts: GatewayParts,
    requests: Awaited<ReturnType<typeof world.confirm>>[],
    rounds: number,
  ): Promise<boolean> {
    const { desk, sender, store } = world.gateway(parts);
    try {
      for (const request of requests) await desk.relay(request);
      for (let n = 0; n < rounds && (await store.countLive()) > 0; n += 1) {
        await sender.round();
        await world.test.mine({ blocks: 1 });
      }
      return (await store.countLive()) === 0;
    } catch (error) {
      if (error instanceof ProtocolError && error.code === "INTERNAL") return false;
      throw error;
    }
  }
});
