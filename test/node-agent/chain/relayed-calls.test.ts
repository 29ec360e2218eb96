import { ProtocolError } from "@fizz/protocol/errors";
import { type RelayedRequest } from "@fizz/protocol/messages";
import { type SignedForwardRequest } from "@fizz/protocol/typed-data";
import { expect } from "chai";
import { type Hex, parseEther } from "viem";
import { devAccount } from "../../../scripts/lib/dev-accounts.ts";
import { connectChain } from "../../../node-agent/src/chain/clients.ts";
import { NodeChain } from "../../../node-agent/src/chain/node-chain.ts";
import { RelayedCalls, type RelayedCallsComponents } from "../../../node-agent/src/chain/relayed-calls.ts";
import { Transactions } from "../../../node-agent/src/chain/transactions.ts";
import { type RelayMode } from "../../../node-agent/src/domain/relay-mode.ts";
import { codeOf } from "../../support/code-of.ts";
import { testKey } from "../../relayer/support/builders.ts";
import { NODE_KEY } from "../../relayer/support/chain-world.ts";
import { deployRelayWorld, type GatewayParts } from "../../relayer/support/relay-world.ts";
import { leaseRecord } from "../support/builders.ts";
import { FakeClock } from "../support/fake-clock.ts";
import { silentLog } from "../support/silent-log.ts";

type Gateway = RelayedCallsComponents["gateway"];

describe("a node whose calls the gateway pays for, on a real chain", function () {
  this.timeout(120_000);
  let world: Awaited<ReturnType<typeof deployRelayWorld>>;
  let snapshot: Hex;
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

  it("starts a lease without a coin", async () => {
    const { chain, taken } = await setup();
    await chain.confirmStart(leaseAt(0));
    expect(await world.stateOf(leaseAt(0).lid)).to.equal("active");
    expect(taken).to.have.length(1);
    expect(await world.client.getBalance({ address: world.node.address })).to.equal(0n);
  });

  it("makes several calls at once, each with a nonce of its own", async () => {
    const { chain } = await setup();
    await Promise.all([0, 1, 2].map((index) => chain.confirmStart(leaseAt(index))));
    for (const index of [0, 1, 2]) expect(await world.stateOf(leaseAt(index).lid)).to.equal("active");
    expect(await world.executedOf()).to.equal(3n);
  });

  const modes: readonly (readonly [RelayMode, boolean, number])[] = [
    ["auto", true, 0],
    ["always", true, 1],
    ["never", true, 0],
    ["always", false, 1],
  ];
  for (const [mode, isRich, requests] of modes)
    it(`asks the gateway ${requests === 0 ? "nothing" : "to pay"}: ${mode}, ${isRich ? "with" : "without"} coins`, async () => {
      const { chain, taken } = await setup({ mode, isRich });
      await chain.confirmStart(leaseAt(0));
      expect(await world.stateOf(leaseAt(0).lid)).to.equal("active");
      expect(taken).to.have.length(requests);
    });

  it("has what the contract refuses told at once, and asks nobody to pay for it", async () => {
    const { chain, taken } = await setup();
    const wrong = { ...leaseAt(0), leaseHash: testKey(9) };
    expect(await codeOf(chain.confirmStart(wrong))).to.be.oneOf(["LEASE_NOT_FOUND", "TX_REVERTED"]);
    expect(taken).to.deep.equal([]);
  });

  it("sends directly when the gateway refuses, or is away", async () => {
    for (const code of ["QUOTA_EXCEEDED", "RELAYER_UNFUNDED", "GATEWAY_UNREACHABLE"] as const) {
      const relay = (): Promise<never> => Promise.reject(new ProtocolError(code, "no"));
      const { chain } = await setup({ mode: "always", isRich: true, changes: { relay } });
      const at = { QUOTA_EXCEEDED: 0, RELAYER_UNFUNDED: 1, GATEWAY_UNREACHABLE: 2 }[code];
      await chain.confirmStart(leaseAt(at));
      expect(await world.stateOf(leaseAt(at).lid), code).to.equal("active");
    }
    expect(await world.executedOf()).to.equal(0n);
  });

  it("says that its key has no coins when nobody pays", async () => {
    const { chain } = await setup({ parts: { policy: { nodes: false } } });
    expect(await codeOf(chain.confirmStart(leaseAt(0)))).to.equal("INSUFFICIENT_FUNDS");
  });

  it("does not sign for a nonce that the chain does not explain", async () => {
    const signerQueue: Gateway["signerQueue"] = (signer) =>
      Promise.resolve({ signer, nextNonce: 9n, requests: [] });
    const { chain, taken } = await setup({ mode: "always", isRich: true, changes: { signerQueue } });
    await chain.confirmStart(leaseAt(0));
    expect(taken).to.deep.equal([]);
    expect(await world.stateOf(leaseAt(0).lid)).to.equal("active");
  });

  it("goes on waiting for the request that it made, and makes no second one", async () => {
    const line: Line = { state: "slow" };
    const { chain, taken } = await setup({ line });
    expect(await codeOf(chain.confirmStart(leaseAt(0)))).to.equal("TX_LOST");
    await world.test.setBalance({ address: world.node.address, value: parseEther("1") });
    line.state = "up";
    await chain.confirmStart(leaseAt(0));
    expect(taken).to.have.length(1);
    expect(await world.stateOf(leaseAt(0).lid)).to.equal("active");
    expect(await world.executedOf()).to.equal(1n);
  });

  it("does not wait for ever for a gateway that went away", async () => {
    const line: Line = { state: "away" };
    const { chain } = await setup({ line });
    expect(await codeOf(chain.confirmStart(leaseAt(0)))).to.equal("TX_LOST");
    await world.test.setBalance({ address: world.node.address, value: parseEther("1") });
    await chain.confirmStart(leaseAt(0));
    expect(await world.stateOf(leaseAt(0).lid)).to.equal("active");
    expect(await world.executedOf()).to.equal(0n);
  });

  it("signs anew after a request that failed", async () => {
    const line: Line = { state: "slow" };
    const { chain, taken, desk, finish } = await setup({ line });
    expect(await codeOf(chain.confirmStart(leaseAt(0)))).to.equal("TX_LOST");
    await world.test.increaseTime({ seconds: 2_000 });
    await world.test.mine({ blocks: 1 });
    await finish();
    const [first] = (await Promise.all(taken.map(({ id }) => desk.find(id)))).map(({ state }) => state);
    expect(first).to.equal("expired");
    line.state = "up";
    await chain.confirmStart(leaseAt(0));
    expect(taken).to.have.length(2);
    expect(await world.stateOf(leaseAt(0).lid)).to.equal("active");
  });

  it("believes no gateway that names another transaction for the one that carries the call", async () => {
    const strange = await world.wallet(devAccount("deployer").account).sendTransaction({ value: 1n });
    await world.test.mine({ blocks: 1 });
    const told = { isFalse: true };
    const { chain, taken } = await setup({
      tell: (found) => (told.isFalse ? { ...found, state: "final", txHash: strange } : found),
    });
    expect(await codeOf(chain.confirmStart(leaseAt(0)))).to.equal("TX_LOST");
    expect(taken).to.have.length(1);
    expect(await world.client.getTransactionReceipt({ hash: strange })).to.include({ status: "success" });
    told.isFalse = false;
    await chain.confirmStart(leaseAt(1));
    expect(await world.stateOf(leaseAt(1).lid)).to.equal("active");
  });

  it("sends by itself what a gateway took and did not carry before the deadline", async () => {
    const held: SignedForwardRequest[] = [];
    const queued = (id: Hex): RelayedRequest => ({
      ...{ id, signer: world.node.address, nonce: 0n, state: "queued", txHash: null, block: null },
      ...{ code: null, reason: null, receivedAt: 0 },
    });
    const relay: Gateway["relay"] = (signed) => {
      held.push(signed);
      return Promise.resolve(queued(testKey(1)));
    };
    const relayedRequest: Gateway["relayedRequest"] = (id) => Promise.resolve(queued(id));
    const { chain } = await setup({ changes: { relay, relayedRequest } });
    expect(await codeOf(chain.confirmStart(leaseAt(0)))).to.equal("TX_LOST");
    expect(await codeOf(chain.confirmStart(leaseAt(0)))).to.equal("TX_LOST");
    expect(held, "one request, and no second one before the deadline").to.have.length(1);
    await world.test.setBalance({ address: world.node.address, value: parseEther("1") });
    const [late] = held;
    if (late === undefined) throw new Error("nothing was held");
    await world.test.setNextBlockTimestamp({ timestamp: BigInt(late.request.deadline) + 1n });
    await world.test.mine({ blocks: 1 });
    await chain.confirmStart(leaseAt(0));
    expect(await world.stateOf(leaseAt(0).lid)).to.equal("active");
    expect(await world.executedOf()).to.equal(0n);
    expect(await codeOf(world.execute(late)), "too late to carry it").not.to.equal("(no error)");
  });

  /** What asking for a request meets: no answer, one that says nothing new, or what there is. */
  interface Line {
    state: "away" | "slow" | "up";
  }

  interface Setup {
    readonly mode?: RelayMode;
    readonly isRich?: boolean;
    readonly parts?: GatewayParts;
    readonly changes?: Partial<Gateway>;
    readonly line?: Line;
    /** What a lying gateway makes of an answer. */
    readonly tell?: (found: RelayedRequest) => RelayedRequest;
  }

  async function setup({ mode = "auto", isRich = false, parts = {}, changes = {}, line, tell }: Setup = {}) {
    const { contracts, node, anvil, test } = world;
    if (isRich) await test.setBalance({ address: node.address, value: parseEther("1") });
    const { desk, sender, finish } = world.gateway(parts);
    const taken: { id: Hex; signed: SignedForwardRequest }[] = [];
    const gateway: Gateway = {
      relay: async (signed) => {
        const found = await desk.relay(signed);
        taken.push({ id: found.id, signed });
        return found;
      },
      relayedRequest: async (id) => {
        if (line?.state === "away") throw new ProtocolError("GATEWAY_UNREACHABLE", "away");
        if (line?.state === "slow") return await desk.find(id);
        await sender.round();
        await test.mine({ blocks: 1 });
        const found = await desk.find(id);
        return tell === undefined ? found : tell(found);
      },
      signerQueue: (signer) => desk.queueOf(signer),
      ...changes,
    };
    const clients = await connectChain(anvil.rpcUrl, contracts);
    const { client } = clients;
    const direct = new Transactions({ client, wallet: clients.walletOf(NODE_KEY), log: silentLog });
    const clock = new FakeClock(Date.now());
    const calls = new RelayedCalls(
      { client, direct, gateway, account: node, clock, log: silentLog },
      { mode, chainId: 31_337, contracts },
    );
    const chain = new NodeChain(
      { client, transactions: calls },
      { chainId: 31_337, contracts, operator: node.address, confirmations: 2 },
    );
    return { chain, taken, desk, finish };
  }

  function leaseAt(index: number) {
    const { lid = 0n, leaseHash = testKey(0) } = world.leases[index] ?? {};
    return leaseRecord({ lid, leaseHash });
  }
});
