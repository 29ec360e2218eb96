import { ProtocolError } from "@fizz/protocol/errors";
import { type ManifestDelivery } from "@fizz/protocol/messages";
import { fizzDomain, receiptTypedData, type SignedReceipt } from "@fizz/protocol/typed-data";
import { expect } from "chai";
import { privateKeyToAccount } from "viem/accounts";
import { ManifestDesk } from "../../../relayer/src/services/manifest-desk.ts";
import { type LeaseFacts } from "../../../relayer/src/ports.ts";
import { NodeDirectory } from "../../../relayer/src/services/node-directory.ts";
import { codeOf } from "../../support/code-of.ts";
import {
  CONTRACTS,
  delivery,
  eventually,
  hash,
  leaseFacts,
  MARKET,
  memoryLogger,
  nodeFacts,
  offer,
  testKey,
} from "../support/builders.ts";
import { FakeChain } from "../support/fake-chain.ts";
import { MemoryStore } from "../support/memory-store.ts";

const OPERATOR = privateKeyToAccount(testKey(1));

describe("ManifestDesk", () => {
  const running: ManifestDesk[] = [];
  afterEach(() => {
    for (const desk of running.splice(0)) desk.stop();
  });

  it("forwards a delivery and answers with the node's receipt, and again without asking the node", async () => {
    const { desk, sent, store } = await setup();
    const signed = await desk.deliver(delivery(), soon());
    expect(signed?.receipt).to.include({ lid: 1n, leaseHash: hash(0xaa) });
    expect(await desk.deliver(delivery(), soon())).to.deep.equal(signed);
    expect(sent).to.have.length(1);
    expect(await store.countDeliveries()).to.equal(0);
  });

  it("keeps a delivery for a node that is away and hands it over at its next hello", async () => {
    const world = await setup();
    world.node = () => Promise.reject(new ProtocolError("NODE_OFFLINE", "away"));
    expect(await world.desk.deliver(delivery(), soon())).to.equal(undefined);
    expect(await world.store.countDeliveries()).to.equal(1);
    world.node = sign;
    world.nodes.online(1n);
    await eventually(async () => (await world.store.countDeliveries()) === 0);
    expect((await world.desk.deliver(delivery(), soon()))?.receipt.lid).to.equal(1n);
  });

  it("answers in time when the node is slow, and keeps the delivery", async () => {
    const world = await setup();
    world.node = (_, signal) =>
      new Promise((__, reject) => {
        signal.addEventListener("abort", () => {
          reject(new ProtocolError("TIMEOUT", "slow"));
        });
      });
    expect(await world.desk.deliver(delivery(), soon())).to.equal(undefined);
    expect(await world.store.countDeliveries()).to.equal(1);
  });

  it("passes a refusal of the node on and forgets the delivery", async () => {
    const world = await setup();
    world.node = () => Promise.reject(new ProtocolError("UNSEAL_FAILED", "wrong key"));
    expect(await codeOf(world.desk.deliver(delivery(), soon()))).to.equal("UNSEAL_FAILED");
    expect(await world.store.countDeliveries()).to.equal(0);
  });

  it("does not take a receipt that somebody else signed", async () => {
    const world = await setup();
    world.node = (message) => sign(message, privateKeyToAccount(testKey(2)));
    expect(await codeOf(world.desk.deliver(delivery(), soon()))).to.equal("PEER_REFUSED");
  });

  it("holds a delivery against the chain before anything is kept", async () => {
    const { desk, chain, store, sent } = await setup();
    expect(await codeOf(desk.deliver(delivery({ lid: 2n }), soon()))).to.equal("LEASE_NOT_FOUND");
    expect(await codeOf(desk.deliver(delivery({ leaseHash: hash(9) }), soon()))).to.equal(
      "MANIFEST_MISMATCH",
    );
    expect(await codeOf(desk.deliver(delivery({ manifestHash: hash(9) }), soon()))).to.equal(
      "MANIFEST_MISMATCH",
    );
    expect(await codeOf(desk.deliver(delivery({ version: 2 }), soon()))).to.equal("MANIFEST_MISMATCH");
    chain.leases.set(1n, leaseFacts({ state: "closed" }));
    expect(await codeOf(desk.deliver(delivery(), soon()))).to.equal("LEASE_WRONG_STATE");
    chain.leases.set(1n, leaseFacts({ subnetId: 9 }));
    expect(await codeOf(desk.deliver(delivery(), soon()))).to.equal("LEASE_NOT_FOUND");
    chain.reachable = false;
    expect(await codeOf(desk.deliver(delivery(), soon()))).to.equal("CHAIN_UNREACHABLE");
    expect(await store.countDeliveries()).to.equal(0);
    expect(sent).to.deep.equal([]);
  });

  const ends: readonly (readonly [string, Partial<LeaseFacts>])[] = [
    ["is over", { state: "closed" }],
    ["did not start in time", { state: "open", deadline: nowSeconds() - 700 }],
    ["runs a later version", { version: 2 }],
    ["is another one under its number", { leaseHash: hash(0xee) }],
  ];
  for (const [what, facts] of ends)
    it(`drops a kept delivery when its lease ${what}, by the confirmed chain`, async () => {
      const world = await setup({ cleanEveryMs: 5 });
      world.node = () => Promise.reject(new ProtocolError("NODE_OFFLINE", "away"));
      world.chain.confirm();
      await world.desk.deliver(delivery(), soon());
      world.chain.leases.set(1n, leaseFacts(facts));
      await calm();
      expect(await world.store.countDeliveries(), "at the head it may be taken back").to.equal(1);
      world.chain.confirm();
      await eventually(async () => (await world.store.countDeliveries()) === 0);
    });

  it("keeps it while its node may still come, and while the chain does not answer or is too young", async () => {
    const world = await setup({ cleanEveryMs: 5 });
    world.node = () => Promise.reject(new ProtocolError("NODE_OFFLINE", "away"));
    await world.desk.deliver(delivery(), soon());
    await calm();
    expect(await world.store.countDeliveries(), "no confirmed lease yet").to.equal(1);
    for (const facts of [{ state: "open", deadline: nowSeconds() - 500 }, { state: "active" }] as const) {
      world.chain.leases.set(1n, leaseFacts(facts));
      world.chain.confirm();
      await calm();
      expect(await world.store.countDeliveries(), facts.state).to.equal(1);
    }
    world.chain.reachable = false;
    world.chain.leases.set(1n, leaseFacts({ state: "closed" }));
    world.chain.confirm();
    await calm();
    expect(await world.store.countDeliveries(), "a silent chain").to.equal(1);
  });

  it("takes the manifest of an update that waits on chain", async () => {
    const { desk, chain } = await setup();
    chain.pending.set(1n, { version: 2, manifestHash: hash(0x22) });
    const update = delivery({ version: 2, manifestHash: hash(0x22) });
    expect((await desk.deliver(update, soon()))?.receipt.manifestHash).to.equal(hash(0x22));
  });

  it("waits for a lease that the gateway's RPC does not have yet", async () => {
    const { desk, chain } = await setup({ leaseWaitMs: 2_000 });
    chain.leases.delete(1n);
    const answer = desk.deliver(delivery(), soon());
    setTimeout(() => chain.leases.set(1n, leaseFacts({ state: "open" })), 50);
    expect((await answer)?.receipt.lid).to.equal(1n);
  });

  type Node = (message: ManifestDelivery, signal: AbortSignal) => Promise<SignedReceipt>;

  async function setup(init: { leaseWaitMs?: number; cleanEveryMs?: number } = {}) {
    const logger = memoryLogger();
    const chain = new FakeChain();
    chain.addNode(nodeFacts());
    chain.leases.set(1n, leaseFacts({ state: "open" }));
    const store = new MemoryStore();
    const nodes = new NodeDirectory(
      { chain, clock: Date.now, logger, hasLeases: () => false },
      { contracts: CONTRACTS, maxNodes: 10_000 },
    );
    const greeting = {
      peerId: "p",
      agentVersion: "1",
      chainId: 31_337,
      market: MARKET,
      nodeId: 1n,
      offer: offer(),
    };
    await nodes.admit({ ...greeting, operator: OPERATOR.address });
    const sent: ManifestDelivery[] = [];
    const world: { node: Node } = { node: (message) => sign(message) };
    const calls = {
      manifest: (_: bigint, message: ManifestDelivery, signal: AbortSignal) => {
        sent.push(message);
        return world.node(message, signal);
      },
    };
    const desk = new ManifestDesk(
      { chain, store, nodes, calls, clock: Date.now, logger },
      { market: MARKET, receiptWaitMs: 200, leaseWaitMs: 0, ...init },
    );
    desk.start();
    running.push(desk);
    return Object.assign(world, { desk, chain, store, nodes, sent });
  }

  async function sign(message: ManifestDelivery, account: unknown = OPERATOR): Promise<SignedReceipt> {
    const { lid, leaseHash, manifestHash } = message;
    const receipt = { lid, leaseHash, manifestHash };
    const signer = account instanceof AbortSignal ? OPERATOR : (account as typeof OPERATOR);
    const signature = await signer.signTypedData(receiptTypedData(fizzDomain(31_337, MARKET), receipt));
    return { receipt, signature };
  }

  /** Many looks of the desk at what it keeps. */
  async function calm(): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, 60));
  }

  function nowSeconds(): number {
    return Math.floor(Date.now() / 1_000);
  }

  function soon(): AbortSignal {
    return AbortSignal.timeout(5_000);
  }
});
