import { expect } from "chai";
import { type Hex } from "viem";
import { MemoryRequestStore } from "../support/memory-request-store.ts";
import { deployRelayWorld } from "../support/relay-world.ts";

/** Deeper than the two blocks after which a request counts as final. */
const DEEP_BLOCKS = 5;

describe("a relayed request that a reorganisation takes out of the chain after it was final", function () {
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
    await world.test.setAutomine(false);
    await world.test.mine({ blocks: DEEP_BLOCKS });
  });
  afterEach(async () => {
    await world.test.setAutomine(true);
    await world.test.revert({ id: snapshot });
  });

  it("is noticed, sent again, and done once", async () => {
    const { desk, sender, finish, logger } = world.gateway();
    const id = await relayUntilFinal({ desk, finish });
    await sender.round();
    await reorganise();
    await sender.round();
    expect(logger.events).to.include("request.taken_up_again");
    expect((await desk.find(id)).state).to.be.oneOf(["queued", "sent"]);
    await finish();
    expect((await desk.find(id)).state).to.equal("final");
    expect(await world.executedOf()).to.equal(1n);
    expect(await world.stateOf(world.leases[0]?.lid ?? 0n)).to.equal("active");
  });

  it("is noticed by a gateway that was away meanwhile", async () => {
    const store = new MemoryRequestStore();
    const before = world.gateway({ store });
    const id = await relayUntilFinal(before);
    await reorganise();
    const { desk, sender, finish } = world.gateway({ store });
    await sender.round();
    expect((await desk.find(id)).state).not.to.equal("final");
    await finish();
    expect((await desk.find(id)).state).to.equal("final");
    expect(await world.executedOf()).to.equal(1n);
  });

  it("is said to be expired when it came too late for another try", async () => {
    const { desk, sender, finish } = world.gateway();
    const id = await relayUntilFinal({ desk, finish });
    await sender.round();
    await reorganise();
    await world.test.increaseTime({ seconds: 3_600 });
    await world.test.mine({ blocks: 1 });
    await sender.round();
    expect(await desk.find(id)).to.include({ state: "expired", code: "REQUEST_EXPIRED" });
    expect(await world.executedOf()).to.equal(0n);
  });

  it("is left alone while its transaction waits for a block, and stays final where that comes", async () => {
    const { desk, sender, finish } = world.gateway();
    const id = await relayUntilFinal({ desk, finish });
    await sender.round();
    const { txHash } = await desk.find(id);
    const raw = await world.client.request({
      method: "eth_getRawTransactionByHash",
      params: [txHash],
    } as never);
    await reorganise();
    await world.client.sendRawTransaction({ serializedTransaction: raw });
    const sent = await world.sentCount();
    await sender.round();
    expect(await desk.find(id)).to.include({ state: "final", txHash });
    await world.test.mine({ blocks: 3 });
    await sender.round();
    expect(await desk.find(id)).to.include({ state: "final", txHash });
    expect(await world.sentCount(), "one transaction").to.equal(sent + 1);
    expect(await world.executedOf()).to.equal(1n);
  });

  it("is not asked for while the chain keeps what was final", async () => {
    const asked: bigint[] = [];
    const store = new MemoryRequestStore();
    const finalSince = store.finalSince.bind(store);
    store.finalSince = async (block, limit) => {
      asked.push(block);
      return await finalSince(block, limit);
    };
    const { desk, sender, finish } = world.gateway({ store });
    await relayUntilFinal({ desk, finish });
    for (let n = 0; n < 3; n += 1) {
      await world.test.mine({ blocks: 1 });
      await sender.round();
    }
    expect(asked, "once, at the start").to.have.length(1);
  });

  async function relayUntilFinal({
    desk,
    finish,
  }: Pick<ReturnType<typeof world.gateway>, "desk" | "finish">): Promise<Hex> {
    const { id } = await desk.relay(await world.confirm(0));
    await finish();
    expect((await desk.find(id)).state).to.equal("final");
    expect(await world.executedOf()).to.equal(1n);
    return id;
  }

  async function reorganise(): Promise<void> {
    await world.client.request({ method: "anvil_reorg", params: [DEEP_BLOCKS, []] } as never);
    expect(await world.executedOf(), "it is out").to.equal(0n);
  }
});
