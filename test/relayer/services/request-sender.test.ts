import { leaseMarketAbi } from "@fizz/protocol/chain";
import { expect } from "chai";
import { type Hex, parseEther, parseGwei } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { devAccount } from "../../../scripts/lib/dev-accounts.ts";
import { codeOf } from "../../support/code-of.ts";
import { silent, unplugged } from "../support/breaking.ts";
import { GATEWAY_KEY } from "../support/chain-world.ts";
import { MemoryRequestStore } from "../support/memory-request-store.ts";
import { deployRelayWorld } from "../support/relay-world.ts";

describe("the sender of relayed requests, on a real chain", function () {
  this.timeout(120_000);
  let world: Awaited<ReturnType<typeof deployRelayWorld>>;
  let snapshot: Hex;
  before(async () => {
    world = await deployRelayWorld(3);
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

  it("offers more, by an eighth or more each time, while a transaction is in no block, up to the cap", async () => {
    const { test, client } = world;
    await test.setAutomine(false);
    const { desk, sender, store, finish } = world.gateway({ settings: { feeCap: parseGwei("30") } });
    const { id } = await desk.relay(await world.confirm(0));
    await sender.round();
    const fees = async (): Promise<bigint[]> =>
      (await store.slots(world.relay.relayer))[0]?.transactions.map((entry) => entry.fees.maxFeePerGas) ?? [];
    for (let n = 0; n < 24; n += 1) {
      await blocksWithout(1, "200");
      await sender.round();
    }
    const offered = await fees();
    expect(offered.length).to.be.above(1);
    for (const [index, fee] of offered.slice(1).entries())
      expect(fee * 8n >= (offered[index] ?? 0n) * 9n, `${fee} after ${offered[index]}`).to.equal(true);
    expect((offered.at(-1) ?? 0n) <= parseGwei("30")).to.equal(true);
    const queued = await desk.find(id);
    expect(queued.state).to.equal("sent");
    await test.setNextBlockBaseFeePerGas({ baseFeePerGas: parseGwei("2") });
    await test.mine({ blocks: 1 });
    await finish();
    const done = await desk.find(id);
    expect(done.state).to.equal("final");
    const { effectiveGasPrice } = await client.getTransactionReceipt({ hash: done.txHash ?? "0x" });
    expect(effectiveGasPrice <= parseGwei("30")).to.equal(true);
    expect(await world.executedOf()).to.equal(1n);
  });

  it("sends nothing while the chain asks for more than the cap, and goes on when it does not", async () => {
    const { test } = world;
    await test.setAutomine(false);
    const { desk, sender, finish } = world.gateway({ settings: { feeCap: parseGwei("5") } });
    const count = await world.sentCount();
    await blocksWithout(1, "200");
    const { id } = await desk.relay(await world.confirm(0));
    await sender.round();
    expect((await desk.find(id)).state).to.equal("queued");
    await blocksWithout(1, "1");
    await finish();
    expect((await desk.find(id)).state).to.equal("final");
    expect(await world.sentCount()).to.equal(count + 1);
  });

  it("sends a transaction that was dropped again, the same bytes under the same number", async () => {
    const { test } = world;
    await test.setAutomine(false);
    const { desk, sender, finish } = world.gateway({ settings: { bumpBlocks: 100n } });
    const { id } = await desk.relay(await world.confirm(0));
    await sender.round();
    const hash = (await desk.find(id)).txHash ?? "0x";
    await test.dropTransaction({ hash });
    expect(await world.relay.isKnown(hash)).to.equal(false);
    await sender.round();
    expect(await world.relay.isKnown(hash)).to.equal(true);
    await finish();
    expect(await desk.find(id)).to.deep.include({ state: "final", txHash: hash });
  });

  it("is not fooled by a block that a reorganisation takes away", async () => {
    const { test, client } = world;
    const { desk, sender, finish, logger } = world.gateway();
    await test.setAutomine(false);
    await test.mine({ blocks: 1 });
    const { id } = await desk.relay(await world.confirm(0));
    await sender.round();
    await test.mine({ blocks: 1 });
    await sender.round();
    expect((await desk.find(id)).state).to.equal("mined");
    await client.request({ method: "anvil_reorg", params: [1, []] } as never);
    expect(await world.executedOf()).to.equal(0n);
    await sender.round();
    expect(logger.events).to.include("request.reorganised");
    expect((await desk.find(id)).state).to.equal("sent");
    await finish();
    expect((await desk.find(id)).state).to.equal("final");
    expect(await world.executedOf()).to.equal(1n);
  });

  it("waits for a chain that is away, and fails nothing", async () => {
    const store = new MemoryRequestStore();
    const line = { isUp: true };
    const relay = unplugged(world.relay, line);
    const { desk, sender, finish } = world.gateway({ store, relay });
    const { id } = await desk.relay(await world.confirm(0));
    for (const isUp of [false, true, false]) {
      line.isUp = isUp;
      const code = await codeOf(sender.round());
      expect(code).to.equal(isUp ? "(no error)" : "CHAIN_UNREACHABLE");
      expect((await desk.find(id)).state).to.be.oneOf(["queued", "sent"]);
    }
    line.isUp = true;
    await finish();
    expect((await desk.find(id)).state).to.equal("final");
  });

  it("takes another number when another process of the key used the one it had", async () => {
    const { test } = world;
    await test.setAutomine(false);
    const { desk, sender, finish, logger } = world.gateway({ settings: { bumpBlocks: 100n } });
    const { id } = await desk.relay(await world.confirm(0));
    await sender.round();
    const nonce = await world.sentCount();
    const other = world.wallet(privateKeyToAccount(GATEWAY_KEY));
    const fees = { maxFeePerGas: parseGwei("50"), maxPriorityFeePerGas: parseGwei("50"), gas: 21_000n };
    await other.sendTransaction({ to: world.tenant, value: 1n, nonce, ...fees });
    await test.mine({ blocks: 1 });
    await sender.round();
    // It may still come back: nothing is given up before the depth.
    expect((await desk.find(id)).state).to.equal("sent");
    expect(logger.events).not.to.include("request.released");
    await finish();
    expect(logger.events).to.include("request.released");
    expect((await desk.find(id)).state).to.equal("final");
    expect(await world.executedOf()).to.equal(1n);
    expect(await world.sentCount()).to.equal(nonce + 2);
  });

  it("fills a number that another process of the key took and never used", async () => {
    const { test } = world;
    await test.setAutomine(false);
    const other = world.wallet(privateKeyToAccount(GATEWAY_KEY));
    const hash = await other.sendTransaction({ to: world.tenant, value: 1n });
    const { desk, sender, finish, outcomes } = world.gateway();
    const { id } = await desk.relay(await world.confirm(0));
    await sender.round();
    await test.dropTransaction({ hash });
    await finish(16);
    expect(outcomes).to.include("filled");
    expect((await desk.find(id)).state).to.equal("final");
    expect(await world.executedOf()).to.equal(1n);
  });

  it("pays for nothing that somebody else has done first", async () => {
    const { desk, finish } = world.gateway();
    const signed = await world.confirm(0);
    const { id } = await desk.relay(signed);
    const count = await world.sentCount();
    await world.execute(signed);
    await world.test.mine({ blocks: 1 });
    await finish();
    expect(await desk.find(id)).to.deep.include({ state: "failed", code: "REQUEST_SUPERSEDED" });
    expect(await world.sentCount()).to.equal(count);
  });

  it("charges the signer for a transaction that was refused in its block, and goes on", async () => {
    const { test, node, client } = world;
    await test.setAutomine(false);
    const { desk, sender, store, finish } = world.gateway();
    const signed = await world.confirm(0);
    const { id } = await desk.relay(signed);
    await sender.round();
    // The signer pays more to be first in the same block.
    await test.setBalance({ address: node.address, value: parseEther("1") });
    const nonce = await client.getTransactionCount({ address: node.address });
    const fees = { maxFeePerGas: parseGwei("50"), maxPriorityFeePerGas: parseGwei("50") };
    await world.execute(signed, { payer: node, gas: 400_000n, nonce, ...fees });
    await finish();
    expect(await desk.find(id)).to.deep.include({ state: "failed", code: "REQUEST_SUPERSEDED" });
    const used = await store.usage(0, node.address);
    expect(used.requests).to.equal(1);
    expect(used.gas > 21_000n && used.gas < 100_000n, String(used.gas)).to.equal(true);
    const next = await desk.relay(await world.confirm(1));
    await finish();
    expect((await desk.find(next.id)).state).to.equal("final");
  });

  it("ends a request whose time is over: one that waits costs nothing, one that is out little", async () => {
    const { test } = world;
    await test.setAutomine(false);
    const { desk, sender, store, finish } = world.gateway();
    const out = await desk.relay(await world.confirm(0, { life: 100 }));
    await sender.round();
    const waits = await desk.relay(await world.confirm(1, { nonce: 1n, life: 100 }));
    await test.increaseTime({ seconds: 200 });
    await blocksWithout(3, "5");
    await finish();
    expect((await desk.find(out.id)).state).to.equal("expired");
    expect((await desk.find(waits.id)).state).to.equal("expired");
    // Its number was filled by a transaction that moves nothing.
    expect((await store.usage(0)).gas).to.equal(21_000n);
    expect(await world.executedOf()).to.equal(0n);
    const { id } = await desk.relay(await world.confirm(0));
    await finish();
    expect((await desk.find(id)).state).to.equal("final");
  });

  it("fails a request that the contract would refuse by now, without paying", async () => {
    const { desk, finish } = world.gateway();
    const count = await world.sentCount();
    const taken = await desk.relay(await world.confirm(0));
    const close = {
      address: world.contracts.leaseMarket,
      abi: leaseMarketAbi,
      functionName: "close",
      args: [world.leases[0]?.lid ?? 0n, 1],
    } as const;
    await world.wallet(devAccount("tenant").account).writeContract(close);
    await world.test.mine({ blocks: 1 });
    await finish();
    expect(await desk.find(taken.id)).to.deep.include({ state: "failed", code: "LEASE_WRONG_STATE" });
    expect(await world.sentCount()).to.equal(count);
    // Its nonce is free again.
    expect((await desk.queueOf(world.node.address)).nextNonce).to.equal(0n);
  });

  it("does what was taken before a restart, from the store alone, by itself", async () => {
    const store = new MemoryRequestStore();
    const first = world.gateway({ store });
    const { id } = await first.desk.relay(await world.confirm(0));
    const { sender, desk } = world.gateway({ store });
    sender.start();
    await sender.settled();
    expect((await desk.find(id)).state).to.be.oneOf(["sent", "mined"]);
    await world.test.mine({ blocks: 3 });
    sender.poke();
    await sender.settled();
    await sender.stop();
    expect((await desk.find(id)).state).to.equal("final");
    expect(sender.status()).to.deep.include({ queued: 0, inFlight: 0, requests: 1, isLow: false });
  });

  it("stops though the chain never answers, and leaves what it began to the next start", async () => {
    const store = new MemoryRequestStore();
    const { id } = await world.gateway({ store }).desk.relay(await world.confirm(0));
    const { sender } = world.gateway({ store, relay: silent(world.relay) });
    sender.start();
    await sender.stop();
    const { desk, finish } = world.gateway({ store });
    expect((await desk.find(id)).state).to.equal("queued");
    await finish();
    expect((await desk.find(id)).state).to.equal("final");
  });

  /** Blocks too dear for what waits. */
  async function blocksWithout(blocks: number, gwei = "200"): Promise<void> {
    for (let n = 0; n < blocks; n += 1) {
      await world.test.setNextBlockBaseFeePerGas({ baseFeePerGas: parseGwei(gwei) });
      await world.test.mine({ blocks: 1 });
    }
  }
});
