import { forwarderDomain, forwardRequestId } from "@fizz/protocol/typed-data";
import { expect } from "chai";
import { parseEther } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { devAccount } from "../../../scripts/lib/dev-accounts.ts";
import { RpcRelayChain } from "../../../relayer/src/chain/relay-chain.ts";
import { codeOf } from "../../support/code-of.ts";
import { hash, testKey } from "../support/builders.ts";
import { GATEWAY_KEY } from "../support/chain-world.ts";
import { deployRelayWorld, type Wanted } from "../support/relay-world.ts";

describe("the desk of relayed requests, on a real chain", function () {
  this.timeout(120_000);
  let world: Awaited<ReturnType<typeof deployRelayWorld>>;
  let snapshot: `0x${string}`;
  before(async () => {
    world = await deployRelayWorld(4);
  });
  after(async () => {
    await world.anvil.stop();
  });
  beforeEach(async () => {
    snapshot = await world.test.snapshot();
  });
  afterEach(async () => {
    await world.test.revert({ id: snapshot });
  });

  it("starts a lease for a node that has no coins, and says how far it is", async () => {
    const { node, relay, client, leases } = world;
    const { desk, sender, outcomes, paid: told } = world.gateway();
    const signed = await world.confirm(0);
    expect(await client.getBalance({ address: node.address })).to.equal(0n);
    const before = await client.getBalance({ address: relay.relayer });
    const taken = await desk.relay(signed);
    expect(taken).to.deep.include({ id: forwardRequestId(world.domain, signed.request), state: "queued" });
    await sender.round();
    expect(await desk.find(taken.id)).to.deep.include({ state: "sent", block: null });
    await world.test.mine({ blocks: 1 });
    expect(await world.stateOf(leases[0]?.lid ?? 0n)).to.equal("active");
    await sender.round();
    expect((await desk.find(taken.id)).state).to.equal("mined");
    await world.test.mine({ blocks: 2 });
    await sender.round();
    const done = await desk.find(taken.id);
    const receipt = await client.getTransactionReceipt({ hash: done.txHash ?? "0x" });
    expect(done).to.deep.include({ state: "final", block: receipt.blockNumber, code: null });
    const paid = receipt.gasUsed * receipt.effectiveGasPrice;
    expect(await client.getBalance({ address: relay.relayer })).to.equal(before - paid);
    expect(await client.getBalance({ address: node.address })).to.equal(0n);
    expect(outcomes).to.deep.equal(["accepted", "sent", "final"]);
    expect(told).to.deep.equal([paid]);
  });

  it("does every call that a node makes: it declines, closes, drains", async () => {
    const { desk, finish } = world.gateway();
    const [, second] = world.leases;
    const decline = { functionName: "decline", args: [second?.lid, second?.leaseHash, 10_001] };
    const calls: Wanted[] = [
      decline,
      { contract: "nodeRegistry", functionName: "setDraining", args: [1n, true] },
    ];
    for (const call of calls) await desk.relay(await world.sign({ ...call, nonce: await nextOf(desk) }));
    await finish();
    expect(await world.stateOf(second?.lid ?? 0n)).to.equal("closed");
    expect(await world.executedOf()).to.equal(2n);
  });

  it("keeps the order of a signer's requests, and names the next nonce", async () => {
    const { desk, sender, finish } = world.gateway();
    const executed = await world.executedOf();
    const later = await world.confirm(1, { nonce: executed + 1n });
    const refused = await desk.relay(later).catch((error: unknown) => error);
    expect(refused).to.have.property("code", "REQUEST_OUT_OF_ORDER");
    expect(refused).to.have.nested.property("details.expected", executed.toString());
    await desk.relay(await world.confirm(0));
    await desk.relay(later);
    expect(await codeOf(desk.relay(await world.confirm(2)))).to.equal("REQUEST_OUT_OF_ORDER");
    const queue = await desk.queueOf(world.node.address);
    expect(queue.nextNonce).to.equal(executed + 2n);
    expect(queue.requests.map(({ nonce, state }) => [nonce, state])).to.deep.equal([
      [executed, "queued"],
      [executed + 1n, "queued"],
    ]);
    await sender.round();
    expect((await desk.queueOf(world.node.address)).requests.map(({ state }) => state)).to.deep.equal([
      "sent",
      "queued",
    ]);
    await finish();
    expect((await desk.queueOf(world.node.address)).requests).to.deep.equal([]);
    for (const { lid } of world.leases.slice(0, 2)) expect(await world.stateOf(lid)).to.equal("active");
  });

  it("refuses what the contract would refuse, and says why", async () => {
    const { desk } = world.gateway();
    const [first] = world.leases;
    const wrong = { functionName: "confirmStart", args: [first?.lid, hash(1)] };
    expect(await codeOf(desk.relay(await world.sign(wrong)))).to.be.oneOf(["LEASE_NOT_FOUND", "TX_REVERTED"]);
    const early = { functionName: "close", args: [first?.lid, 20_001] };
    expect(await codeOf(desk.relay(await world.sign(early)))).to.be.oneOf([
      "LEASE_WRONG_STATE",
      "TX_REVERTED",
    ]);
  });

  it("refuses a call that does not end within its gas, and gives the forwarder what it asks for", async () => {
    const { desk, finish } = world.gateway();
    expect(await codeOf(desk.relay(await world.confirm(0, { gas: 20_000n })))).to.equal("REQUEST_INVALID");
    const whole = await desk.relay(await world.confirm(0, { gas: 500_000n }));
    await finish();
    expect((await desk.find(whole.id)).state).to.equal("final");
  });

  const stranger = privateKeyToAccount(testKey(0x77));
  const refusals: readonly (readonly [string, string, () => Promise<Wanted>])[] = [
    ["more gas than a request may name", "REQUEST_INVALID", () => confirmWith({ gas: 500_001n })],
    ["gas without bounds", "REQUEST_INVALID", () => confirmWith({ gas: 2n ** 256n - 1n })],
    ["coins", "REQUEST_INVALID", () => confirmWith({ value: 1n })],
    ["a deadline that is over", "REQUEST_EXPIRED", () => confirmWith({ life: -1 })],
    ["a deadline that is near", "REQUEST_EXPIRED", () => confirmWith({ life: 30 })],
    ["a deadline that is far", "REQUEST_EXPIRED", () => confirmWith({ life: 100_000 })],
    ["another contract", "REQUEST_NOT_ALLOWED", () => confirmWith({ to: world.forwarder.address })],
    ["call data of no function", "REQUEST_NOT_ALLOWED", () => confirmWith({ data: "0xdeadbeef" })],
    ["no call data", "REQUEST_NOT_ALLOWED", () => confirmWith({ data: "0x" })],
    [
      "a call that it does not pay for",
      "REQUEST_NOT_ALLOWED",
      () => callOf("settle", [world.leases[0]?.lid]),
    ],
    ["a lease that there is not", "REQUEST_NOT_ALLOWED", () => callOf("confirmStart", [99n, hash(1)])],
    ["a signer that is no node", "REQUEST_NOT_ALLOWED", () => confirmWith({ signer: stranger })],
    [
      "another subnet",
      "REQUEST_NOT_ALLOWED",
      () => Promise.resolve({ contract: "nodeRegistry", functionName: "leaveSubnet", args: [1n, 2] }),
    ],
    [
      "the domain of another forwarder",
      "REQUEST_INVALID",
      () => confirmWith({ domain: forwarderDomain(31_337, world.contracts.leaseMarket) }),
    ],
    [
      "the domain of another chain",
      "REQUEST_INVALID",
      () => confirmWith({ domain: forwarderDomain(1, world.forwarder.address) }),
    ],
    ["a signer that did not sign", "REQUEST_INVALID", () => confirmWith({ from: stranger.address })],
  ];
  for (const [what, code, wanted] of refusals)
    it(`refuses ${what}`, async () => {
      const { desk, store, outcomes } = world.gateway();
      expect(await codeOf(desk.relay(await world.sign(await wanted())))).to.equal(code);
      expect(await store.countLive()).to.equal(0);
      expect(outcomes).to.deep.equal([code]);
    });

  it("pays for tenants only when its operator says so, and only in leases of theirs", async () => {
    const tenant = devAccount("tenant").account as never;
    const [first] = world.leases;
    const topUp = { functionName: "topUp", args: [first?.lid, 1n], signer: tenant } as const;
    await world.execute(await world.confirm(0));
    await world.test.mine({ blocks: 1 });
    const off = world.gateway();
    expect(await codeOf(off.desk.relay(await world.sign(topUp)))).to.equal("REQUEST_NOT_ALLOWED");
    const others = world.gateway({ policy: { tenants: [stranger.address] } });
    expect(await codeOf(others.desk.relay(await world.sign(topUp)))).to.equal("REQUEST_NOT_ALLOWED");
    const foreign = await world.sign({ ...topUp, signer: stranger });
    expect(await codeOf(others.desk.relay(foreign))).to.equal("REQUEST_NOT_ALLOWED");
    const named = world.gateway({ policy: { tenants: [world.tenant] } });
    const close = { functionName: "close", args: [first?.lid, 1], signer: tenant } as const;
    expect(
      await codeOf(
        named.desk.relay(
          await world.sign({ ...close, functionName: "confirmStart", args: [first?.lid, hash(1)] }),
        ),
      ),
    ).to.equal("REQUEST_NOT_ALLOWED");
    const { id } = await named.desk.relay(await world.sign(close));
    await named.finish();
    expect((await named.desk.find(id)).state).to.equal("final");
    expect(await world.stateOf(first?.lid ?? 0n)).to.equal("closed");
  });

  it("pays for no node when its operator does not want to", async () => {
    const { desk } = world.gateway({ policy: { nodes: false } });
    expect(await codeOf(desk.relay(await world.confirm(0)))).to.equal("REQUEST_NOT_ALLOWED");
  });

  it("holds each signer, and all together, to their quotas of requests and of gas", async () => {
    const room = { requests: 100, gas: 50_000_000n };
    const gas = 400_000n;
    const quotas = [
      { perSigner: { ...room, requests: 1 }, total: room },
      { perSigner: room, total: { ...room, requests: 1 } },
      { perSigner: { ...room, gas }, total: room },
      { perSigner: room, total: { ...room, gas } },
    ];
    for (const policy of quotas) {
      const { desk } = world.gateway({ policy });
      await desk.relay(await world.confirm(0));
      const second = await world.confirm(1, { nonce: (await world.executedOf()) + 1n });
      expect(await codeOf(desk.relay(second))).to.equal("QUOTA_EXCEEDED");
    }
    const { desk } = world.gateway({ policy: { perSigner: { ...room, requests: 0 } } });
    expect(await codeOf(desk.relay(await world.confirm(0)))).to.equal("QUOTA_EXCEEDED");
  });

  it("takes nothing new while its key has too few coins, and waits with what it took", async () => {
    const { desk, sender, finish } = world.gateway();
    const { relay, test } = world;
    const { id } = await desk.relay(await world.confirm(0));
    await test.setBalance({ address: relay.relayer, value: 1_000n });
    const second = await world.confirm(1, { nonce: (await world.executedOf()) + 1n });
    expect(await codeOf(desk.relay(second))).to.equal("RELAYER_UNFUNDED");
    await sender.round();
    expect(sender.status()).to.deep.include({ balance: "1000", isLow: true, queued: 1, inFlight: 0 });
    expect((await desk.find(id)).state).to.equal("queued");
    await test.setBalance({ address: relay.relayer, value: parseEther("1") });
    await finish();
    expect((await desk.find(id)).state).to.equal("final");
  });

  it("lets eight requests of a signer wait, and no more", async () => {
    const { desk } = world.gateway();
    for (let n = 0; n < 8; n += 1) {
      const call = {
        contract: "nodeRegistry",
        functionName: "setAcceptedCut",
        args: [1n, 1, 1_000 + n],
      } as const;
      await desk.relay(await world.sign({ ...call, nonce: await nextOf(desk) }));
    }
    const ninth = await world.confirm(0, { nonce: await nextOf(desk) });
    expect(await codeOf(desk.relay(ninth))).to.equal("LIMIT_REACHED");
  });

  it("looks at so many of a signer's requests in a minute, and at no others for what strangers send", async () => {
    const { desk } = world.gateway({ perMinute: 2 });
    const first = await world.confirm(0);
    await desk.relay(first);
    // Known ones are told, as often as anybody asks.
    for (let n = 0; n < 5; n += 1) expect((await desk.relay(first)).state).to.equal("queued");
    const forged = await world.confirm(1, { signer: privateKeyToAccount(testKey(0x77)) });
    const { from } = first.request;
    for (let n = 0; n < 5; n += 1)
      expect(await codeOf(desk.relay({ ...forged, request: { ...forged.request, from } }))).to.equal(
        "REQUEST_INVALID",
      );
    const early = await world.confirm(1, { nonce: 7n });
    for (const code of [...Array.from({ length: 4 }, () => "REQUEST_OUT_OF_ORDER"), "RATE_LIMITED"])
      expect(await codeOf(desk.relay(early))).to.equal(code);
    expect(await codeOf(desk.relay(await world.confirm(1, { nonce: 1n })))).to.equal("RATE_LIMITED");
  });

  it("says that it has no such request, and that the chain is away", async () => {
    const { desk } = world.gateway();
    expect(await codeOf(desk.find(hash(9)))).to.equal("REQUEST_NOT_FOUND");
    const { contracts } = world;
    const away = new RpcRelayChain({ rpcUrl: "http://127.0.0.1:1", contracts, key: GATEWAY_KEY });
    const lost = world.gateway({ relay: away });
    const signed = await world.confirm(0);
    expect(await codeOf(lost.desk.relay(signed))).to.equal("CHAIN_UNREACHABLE");
    expect(await codeOf(lost.desk.queueOf(world.node.address))).to.equal("CHAIN_UNREACHABLE");
    expect(await codeOf(away.simulate(signed, 300_000n))).to.equal("CHAIN_UNREACHABLE");
    expect(await codeOf(away.send("0x02"))).to.equal("CHAIN_UNREACHABLE");
  });

  async function confirmWith(changes: Partial<Wanted>): Promise<Wanted> {
    const [first] = world.leases;
    return await Promise.resolve({
      functionName: "confirmStart",
      args: [first?.lid, first?.leaseHash],
      ...changes,
    });
  }

  async function callOf(functionName: string, args: readonly unknown[]): Promise<Wanted> {
    return await Promise.resolve({ functionName, args });
  }

  async function nextOf(desk: {
    queueOf: ReturnType<typeof world.gateway>["desk"]["queueOf"];
  }): Promise<bigint> {
    return (await desk.queueOf(world.node.address)).nextNonce;
  }
});
