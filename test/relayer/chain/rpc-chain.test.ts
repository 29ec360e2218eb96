import { createServer, type Server } from "node:http";
import { type AddressInfo } from "node:net";
import { packResources } from "@fizz/protocol/manifest";
import { composeLease } from "@fizz/protocol/orders";
import { fizzDomain, quoteTypedData } from "@fizz/protocol/typed-data";
import { expect } from "chai";
import { zeroAddress } from "viem";
import { privateKeyToAddress } from "viem/accounts";
import { RpcChain } from "../../../relayer/src/chain/rpc-chain.ts";
import { type HeadChange } from "../../../relayer/src/ports.ts";
import { codeOf } from "../../support/code-of.ts";
import { sampleOrder, sampleQuote } from "../../support/sample-order.ts";
import { eventually, hash, memoryLogger } from "../support/builders.ts";
import { deployChainWorld, GATEWAY_KEY, NODE_RESOURCES } from "../support/chain-world.ts";

describe("RpcChain on a real chain", function () {
  this.timeout(120_000);
  let world: Awaited<ReturnType<typeof deployChainWorld>>;
  before(async () => {
    world = await deployChainWorld();
  });
  after(async () => {
    await world.anvil.stop();
  });

  it("reads its own record, a node, a lease and its states, each event at the next head", async () => {
    const { chain, changes, stop } = start();
    expect(await chain.identity()).to.deep.include({
      chainId: 31_337,
      subnetId: 1,
      subnetActive: true,
      subnetCutBps: 500,
    });
    expect(await chain.findNode(world.node.address)).to.equal(undefined);
    expect(await chain.tokenDecimals(zeroAddress)).to.equal(18);
    await eventually(() => changes.length > 0);
    await world.registerNode();
    await eventually(() => changes.some(({ nodeIds }) => nodeIds.has(1n)));
    const node = await chain.findNode(world.node.address);
    expect(node).to.deep.include({
      nodeId: 1n,
      mode: "fizz",
      status: "active",
      region: "eu-west",
      joined: true,
    });
    expect(node).to.deep.include({ total: NODE_RESOURCES, used: 0n, acceptedCutBps: 1_000, strikes: 0 });
    const leaseHash = await openLease();
    await eventually(() => changes.some(({ lids }) => lids.has(1n)));
    expect(await chain.findLease(1n, "head")).to.deep.include({
      state: "open",
      nodeId: 1n,
      subnetId: 1,
      leaseHash,
    });
    expect(await chain.findLease(2n, "head")).to.equal(undefined);
    expect(await chain.findPendingManifest(1n)).to.equal(undefined);
    expect((await chain.findNode(world.node.address))?.used).not.to.equal(0n);
    stop();
  });

  it("sees a state at depth only after the confirmations, and a reorganisation as a change of everything", async () => {
    const { chain, changes, stop } = start();
    await eventually(() => changes.length > 0);
    await world.test.mine({ blocks: 3 });
    await eventually(async () => (await chain.findLease(1n, "confirmed")) !== undefined);
    const snapshot = await world.test.snapshot();
    await world.close(1n);
    await eventually(() => changes.some(({ lids }) => lids.has(1n)));
    expect((await chain.findLease(1n, "head"))?.state).to.equal("closed");
    expect((await chain.findLease(1n, "confirmed"))?.state).to.equal("open");
    changes.length = 0;
    await world.test.revert({ id: snapshot });
    await world.test.mine({ blocks: 2 });
    await eventually(() => changes.some(({ everything }) => everything));
    expect((await chain.findLease(1n, "head"))?.state).to.equal("open");
    stop();
  });

  it("keeps going through an outage: says CHAIN_UNREACHABLE, keeps its own record, comes back by itself", async () => {
    const proxy = await startProxy(world.anvil.rpcUrl);
    const { chain, changes, logger, stop } = start(proxy.url);
    await eventually(() => changes.length > 0);
    const identity = await chain.identity();
    proxy.broken = true;
    await eventually(() => !chain.health().reachable, 10_000);
    expect(await codeOf(chain.findLease(1n, "head"))).to.equal("CHAIN_UNREACHABLE");
    expect(await chain.identity()).to.deep.equal(identity);
    proxy.broken = false;
    await eventually(() => chain.health().reachable, 10_000);
    expect(logger.events).to.include.members(["chain.unreachable", "chain.reachable"]);
    stop();
    await proxy.stop();
  });

  it("says IDENTITY_UNKNOWN for a key without a subnet and CHAIN_MISMATCH for a wrong address", async () => {
    const other = start(world.anvil.rpcUrl, { operator: world.node.address });
    expect(await codeOf(other.chain.identity())).to.equal("IDENTITY_UNKNOWN");
    other.stop();
    const nowhere = { ...world.contracts, subnetRegistry: world.node.address };
    const wrong = start(world.anvil.rpcUrl, { contracts: nowhere });
    expect(await codeOf(wrong.chain.identity())).to.equal("CHAIN_MISMATCH");
    wrong.stop();
  });

  function start(rpcUrl = world.anvil.rpcUrl, changes: object = {}) {
    const logger = memoryLogger();
    const { contracts } = world;
    const init = {
      rpcUrl,
      contracts,
      operator: privateKeyToAddress(GATEWAY_KEY),
      confirmations: 2,
      pollMs: 50,
      ...changes,
    };
    const chain = new RpcChain({ logger, clock: Date.now }, init);
    const seen: HeadChange[] = [];
    chain.onHead((change) => seen.push(change));
    chain.start();
    const stop = (): void => {
      chain.stop();
    };
    return { chain, changes: seen, logger, stop };
  }

  async function openLease() {
    const order = sampleOrder();
    const { contracts, node, tenant } = world;
    const quote = sampleQuote(order, hash(1), {
      ratePerSecond: 10n ** 15n,
      resources: packResources({ milliCpu: 1_000, memoryMiB: 512, storageGiB: 1, gpuUnits: 0, gpuModel: 0 }),
      protocolCutBps: await world.protocolCutBps(),
      expiresAt: Math.floor(Date.now() / 1_000) + 120,
    });
    const market = contracts.leaseMarket;
    const signature = await node.signTypedData(quoteTypedData(fizzDomain(31_337, market), quote));
    const signed = { quote, signature };
    const lease = composeLease({ order, signed, tenant, chainId: 31_337, market, prepaidSeconds: 3_600 });
    await world.open(signed, lease.terms);
    return lease.leaseHash;
  }

  async function startProxy(target: string) {
    const state = { broken: false };
    const server: Server = createServer((request, response) => {
      if (state.broken) return void request.socket.destroy();
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        const init = {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: Buffer.concat(chunks),
        };
        void fetch(target, init)
          .then(async (answer) => response.end(await answer.text()))
          .catch(() => response.destroy());
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return Object.assign(state, {
      url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      stop: async () => {
        server.closeAllConnections();
        await new Promise((resolve) => server.close(resolve));
      },
    });
  }
});
