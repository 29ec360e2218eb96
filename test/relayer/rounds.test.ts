import { gatewayApi } from "@fizz/protocol/gateway-api";
import { type NodeEntry, type NodesQueryText } from "@fizz/protocol/messages";
import { expect } from "chai";
import { privateKeyToAccount } from "viem/accounts";
import { startDirectory } from "../../relayer/src/app-directory.ts";
import { RpcChain } from "../../relayer/src/chain/rpc-chain.ts";
import { loadConfig } from "../../relayer/src/config.ts";
import { NodeDirectory } from "../../relayer/src/services/node-directory.ts";
import { type Part } from "../../relayer/src/start-context.ts";
import { SqlStore } from "../../relayer/src/store/sql-store.ts";
import { Cleanup } from "../../scripts/lib/cleanup.ts";
import { until } from "../support/until.ts";
import { memoryLogger, offer } from "./support/builders.ts";
import { GATEWAY_KEY, NODE_RESOURCES } from "./support/chain-world.ts";
import { serveDirectory } from "./support/directory-world.ts";
import { EventReader } from "./support/event-reader.ts";
import { roundsWorld } from "./support/rounds-world.ts";
import { temporaryEngine } from "./support/temporary-engine.ts";

/** For one step on a busy machine. */
const STEP_MS = 240_000;
const CHAIN_ID = 31_337;
type Rounds = NonNullable<NodeEntry["rounds"]>;

describe("capacity rounds of a real chain in the directory", function () {
  this.timeout(900_000);
  const cleanup = new Cleanup();
  let world: Awaited<ReturnType<typeof roundsWorld>>;
  let store: SqlStore;
  before(async () => {
    world = await roundsWorld();
    cleanup.use("chain", world.anvil);
    store = new SqlStore(temporaryEngine());
    await store.start();
    cleanup.use("store", store);
  });
  after(() => cleanup.stop());

  it("are followed from a post over a conviction, a reorganisation and a restart to what was counted", async () => {
    let gateway = await start();
    const api = () => gatewayApi({ baseUrl: gateway.url, fetch });
    const rounds = async (): Promise<Rounds | undefined> => (await api().node(1n)).rounds;
    const listed = async (query: NodesQueryText): Promise<number> => (await api().nodes(query)).total;
    await soon(async () => (await rounds())?.posted === null, "nothing was posted yet");
    const stream = new EventReader(`${gateway.url}/v1/nodes/stream`);
    cleanup.defer("stream", () => {
      stream.stop();
      return Promise.resolve();
    });
    await stream.begin();
    const hasTold = (text: string): Promise<boolean> =>
      Promise.resolve(stream.of("delta").some(({ data }) => data.includes(text)));

    const first = await world.openRound();
    const honest = await world.work(first);
    await world.answerDirectly(honest);
    await world.post(honest);
    await soon(async () => (await rounds())?.result === "answered", "the root is there");
    expect((await rounds())?.posted).to.deep.include({
      round: 1,
      nodes: 1,
      points: BigInt(honest.leaf.points),
    });
    await world.showIncluded(honest);
    await soon(async () => (await rounds())?.result === "included", "it was shown to be under it");

    const second = await world.openRound();
    const liar = await world.claimTooMuch(second);
    await world.post(liar);
    await soon(async () => (await rounds())?.posted?.round === second, "the next root is there");
    expect((await rounds())?.result, "a root says nothing of single nodes").to.equal("unknown");
    expect([await listed({ convicted: "true" }), await listed({ convicted: "false" })]).to.deep.equal([0, 1]);
    await soon(() => hasTold('"result":"unknown"'), "readers know of the root");

    await world.convict(liar);
    await soon(async () => (await rounds())?.result === "convicted", "it is convicted");
    expect((await rounds())?.convicted).to.deep.include({ count: 1, round: second, subnetId: 1 });
    expect((await rounds())?.answered).to.deep.include({ round: first, outcome: "included" });
    expect(await listed({ convicted: "true", roundResult: "convicted,void" })).to.equal(1);
    await soon(() => hasTold('"result":"convicted"'), "readers know of the verdict");

    const told = stream.of("delta").length;
    await world.reorganise(1);
    await soon(async () => (await rounds())?.convicted === null, "the verdict was taken back");
    expect((await rounds())?.posted?.round, "the root stands").to.equal(second);
    await soon(
      () =>
        Promise.resolve(
          stream
            .of("delta")
            .slice(told)
            .some(({ data }) => data.includes('"convicted":null')),
        ),
      "readers know that it was taken back",
    );

    await gateway.stop();
    await world.convict(liar);
    gateway = await start();
    await soon(async () => (await rounds())?.result === "convicted", "it is convicted again");
    await world.finalise(liar);
    await soon(async () => (await rounds())?.finalised !== null, "the round was counted");
    const finalised = (await rounds())?.finalised;
    expect(finalised, "the convicted leaf counts nothing").to.deep.include({ round: second, points: 0n });
    await world.finalise(honest);
    await soon(async () => (await world.provenPointSeconds()) > 0n, "the first round was counted");
    expect((await rounds())?.finalised, "the newest one is told").to.deep.equal(finalised);
  });

  async function soon(ask: () => Promise<boolean>, what: string): Promise<void> {
    await until(ask, what, STEP_MS);
  }

  /** The gateway's directory with node 1 in it, over the store of before; the node is there without a network. */
  async function start() {
    const parts: Part[] = [];
    const begin = async (part: Part): Promise<void> => {
      parts.unshift(part);
      await part.start?.();
    };
    const stop = async (): Promise<void> => {
      for (const part of parts.splice(0)) await part.stop();
    };
    cleanup.defer("gateway", stop);
    const config = loadConfig(undefined, {
      FIZZ_RPC_URL: world.anvil.rpcUrl,
      FIZZ_CONTRACTS: JSON.stringify(world.contracts),
      FIZZ_GATEWAY_CAPACITY_ROUNDS: world.address,
      // Not read here: what would sign with it does not run.
      FIZZ_GATEWAY_KEY_FILE: "gateway.key",
      FIZZ_POLL_MS: "50",
    });
    const [logger, clock] = [memoryLogger(), Date.now];
    const operator = privateKeyToAccount(GATEWAY_KEY).address;
    const chain = new RpcChain({ logger, clock }, { ...config, operator });
    const { contracts, maxNodes } = config;
    const nodes = new NodeDirectory(
      { chain, clock, logger, hasLeases: () => false },
      { contracts, maxNodes },
    );
    await begin(nodes);
    await begin(chain);
    const { directory, feed } = await startDirectory(
      { config, logger, begin },
      {
        ...{ nodes, clock, chain, opened: { store } },
      },
    );
    const words = { agentVersion: "0.1.0", chainId: CHAIN_ID, market: world.contracts.leaseMarket };
    const free = offer({ total: NODE_RESOURCES, free: NODE_RESOURCES });
    await nodes.admit({ operator: world.node.address, peerId: "peer-1", nodeId: 1n, offer: free, ...words });
    nodes.online(1n);
    const { server, url } = await serveDirectory({ desk: directory, feed });
    await begin({ stop: () => server.stop() });
    return { url, stop };
  }
});
