import { leaseMarketAbi } from "@fizz/protocol/chain";
import { expect } from "chai";
import { setTimeout as delay } from "node:timers/promises";
import { findEngine } from "../../../scripts/lib/docker/find-engine.ts";
import { waitForHttp } from "../../../scripts/lib/wait-for-http.ts";
import { until } from "../../support/until.ts";
import { BLOCK_SECONDS, createWorld, helloManifest, untilGone, type World } from "../../support/world.ts";

const ACTIVE = 2;
const CLOSED = 4;
/** Twice the depth at which an absence, or a close, is acted on. */
const BLOCKS_TO_SEE = 4;
/** For the agent to read the newest of them, and to act. */
const ACT_MS = 4_000;

/** anvil's own call; viem types only the standard ones. */
type Rpc = (call: { method: string; params: unknown[] }) => Promise<unknown>;

describe("a reorganisation under an open lease", function () {
  this.timeout(240_000);
  let world: World;
  before(async function () {
    if ((await findEngine()) === undefined) this.skip();
    world = await createWorld();
  });
  after(async () => {
    await (world as World | undefined)?.stop();
  });

  it("takes the lease away and brings it back under another number: same container, money right", async () => {
    const { network, tenant } = world;
    const { client } = network.chain;
    const other = await world.addTenant();
    // From here to the transaction's second time its quote must live, which is a minute.
    const deployment = await tenant.deploy(await helloManifest());
    const { leaseHash, balance } = await world.leaseOf(deployment.lid);
    const [first] = await world.containersOf(leaseHash);
    const account = await world.accountOf(tenant.address);

    const [opened] = await events("LeaseOpened");
    const openTx = await client.getTransaction({ hash: opened?.transactionHash ?? "0x" });
    const raw = await rpc("eth_getRawTransactionByHash", [openTx.hash]);
    await withoutBlocks(async () => {
      const head = await client.getBlockNumber({ cacheTime: 0 });
      await rpc("anvil_reorg", [Number(head - (opened?.blockNumber ?? 0n)) + 1, []]);
    });
    expect((await world.leaseOf(deployment.lid)).state, "the lease is gone").to.equal(0);

    // Deeper than the confirmation depth: the agent sees the absence confirmed and still keeps the workload.
    await untilSeen();
    expect((await world.containersOf(leaseHash)).map(({ id }) => id)).to.deep.equal([first?.id]);

    // Another lease takes the number first.
    const squatter = await other.deploy(await helloManifest(["Hello from Fizz", "Hello from the squatter"]));
    expect(squatter.lid).to.equal(deployment.lid);
    const squatterHash = (await world.leaseOf(squatter.lid)).leaseHash;
    expect(squatterHash).not.to.equal(leaseHash);

    // The tenant's wallet sends the same transaction again; its deposit was taken away with it and comes with it.
    await rpc("eth_sendRawTransaction", [raw]);
    await until(
      async () => (await client.getTransactionReceipt({ hash: openTx.hash }).catch(() => null)) !== null,
      "the transaction is mined again",
    );
    const again = (await events("LeaseOpened")).find((event) => event.args.leaseHash === leaseHash);
    const newLid = again?.args.lid ?? 0n;
    expect(newLid).to.equal(deployment.lid + 1n);
    await until(
      async () => (await world.leaseOf(newLid)).state === ACTIVE,
      "the node confirms the start under the new number",
      90_000,
    );

    expect(
      (await world.containersOf(leaseHash)).map(({ id, startedAt }) => ({ id, startedAt })),
    ).to.deep.equal([{ id: first?.id, startedAt: first?.startedAt }]);
    const lease = await world.leaseOf(newLid);
    expect(lease.tenant).to.equal(tenant.address);
    expect(lease.balance).to.equal(balance);
    expect((await world.accountOf(tenant.address)).locked).to.equal(account.locked);

    const got = await tenant.get(newLid);
    expect((await waitForHttp(got.endpoints[0]?.url ?? "")).text).to.contain("Hello from Fizz");
    expect((await waitForHttp(squatter.endpoints[0]?.url ?? "")).text).to.contain("Hello from the squatter");

    await tenant.close(newLid);
    await untilGone(world, leaseHash);
    expect(await world.containersOf(squatterHash)).to.have.length(1);
    expect((await world.accountOf(tenant.address)).locked).to.equal(0n);
    await other.close(squatter.lid);
  });

  it("takes a close away: the containers were not removed before the close was two blocks deep", async () => {
    const { network, tenant } = world;
    const deployment = await tenant.deploy(await helloManifest());
    const { leaseHash } = await world.leaseOf(deployment.lid);
    await withoutBlocks(async () => {
      const closing = tenant.close(deployment.lid);
      closing.catch(() => undefined);
      await until(async () => {
        if (await isAnyPending()) await rpc("evm_mine", []);
        return (await world.leaseOf(deployment.lid)).state === CLOSED;
      }, "the newest block has the close");
      await closing;
      await rpc("anvil_reorg", [1, []]);
    });
    expect((await world.leaseOf(deployment.lid)).state, "active again").to.equal(ACTIVE);
    await untilSeen();
    expect(await world.containersOf(leaseHash)).to.have.length(1);
    expect((await waitForHttp(deployment.endpoints[0]?.url ?? "")).status).to.equal(200);
    await tenant.close(deployment.lid);
    await untilGone(world, leaseHash);
    expect(network.node().isRunning()).to.equal(true);
  });

  /** What is done while no block comes but by its own hand: none slips in between two steps. */
  async function withoutBlocks(work: () => Promise<void>): Promise<void> {
    const { anvil } = world.network;
    await anvil.mineEvery(0);
    try {
      await work();
    } finally {
      await anvil.mineEvery(BLOCK_SECONDS);
    }
  }

  async function isAnyPending(): Promise<boolean> {
    const { pending } = (await rpc("txpool_status", [])) as { pending: string };
    return Number(pending) > 0;
  }

  /** Waits until what the chain says now is deep, and the agent could act on it. */
  async function untilSeen(): Promise<void> {
    const { client } = world.network.chain;
    const end = (await client.getBlockNumber({ cacheTime: 0 })) + BigInt(BLOCKS_TO_SEE);
    await until(async () => (await client.getBlockNumber({ cacheTime: 0 })) >= end, "blocks come");
    await delay(ACT_MS);
  }

  async function rpc(method: string, params: unknown[]): Promise<unknown> {
    return await (world.network.chain.client.request as unknown as Rpc)({ method, params });
  }

  async function events(eventName: "LeaseOpened") {
    const { chain, description } = world.network;
    return await chain.client.getContractEvents({
      address: description.contracts.leaseMarket,
      abi: leaseMarketAbi,
      eventName,
      fromBlock: 0n,
      strict: true,
    });
  }
});
