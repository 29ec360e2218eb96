import { gatewayApi } from "@fizz/protocol/gateway-api";
import { type NodeEntry, protocols } from "@fizz/protocol/messages";
import { FramedStream } from "@fizz/protocol/streams";
import { multiaddr } from "@multiformats/multiaddr";
import { expect } from "chai";
import { createGateway, type GatewayAddresses } from "../../relayer/src/app.ts";
import { loadConfig } from "../../relayer/src/config.ts";
import { Cleanup } from "../../scripts/lib/cleanup.ts";
import { createTempDir } from "../../scripts/lib/temp-dir.ts";
import { until } from "../support/until.ts";
import { memoryLogger, offer } from "./support/builders.ts";
import { GATEWAY_KEY, NODE_KEY, NODE_RESOURCES } from "./support/chain-world.ts";
import { EventReader } from "./support/event-reader.ts";
import { anyAnswer, startPeer } from "./support/gateway-fixture.ts";
import { roundsWorld } from "./support/rounds-world.ts";

const CHAIN_ID = 31_337;
type Rounds = NonNullable<NodeEntry["rounds"]>;

describe("capacity rounds of a real chain in the directory", function () {
  this.timeout(600_000);
  const cleanup = new Cleanup();
  let world: Awaited<ReturnType<typeof roundsWorld>>;
  let dataDir: string;
  before(async () => {
    world = await roundsWorld();
    cleanup.use("chain", world.anvil);
    dataDir = cleanup.use("folder", await createTempDir("rounds")).path;
  });
  after(() => cleanup.stop());

  it("are followed from a post over a conviction, a reorganisation and a restart to what was counted", async () => {
    let gateway = await start();
    const api = () => gatewayApi({ baseUrl: gateway.addresses.apiUrl, fetch });
    const rounds = async (): Promise<Rounds | undefined> => (await api().node(1n)).rounds;
    const listed = async (query: object): Promise<number> => (await api().nodes(query)).total;
    await until(async () => (await rounds())?.posted === null, "nothing was posted yet");
    const stream = new EventReader(`${gateway.addresses.apiUrl}/v1/nodes/stream`);
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
    await until(async () => (await rounds())?.result === "answered", "the root is there");
    expect((await rounds())?.posted).to.deep.include({
      round: 1,
      nodes: 1,
      points: BigInt(honest.leaf.points),
    });
    await world.showIncluded(honest);
    await until(async () => (await rounds())?.result === "included", "it was shown to be under it");

    const second = await world.openRound();
    const liar = await world.claimTooMuch(second);
    await world.post(liar);
    await until(async () => (await rounds())?.posted?.round === second, "the next root is there");
    expect((await rounds())?.result, "a root says nothing of single nodes").to.equal("unknown");
    expect([await listed({ convicted: "true" }), await listed({ convicted: "false" })]).to.deep.equal([0, 1]);
    await until(() => hasTold('"result":"unknown"'), "readers know of the root");

    await world.convict(liar);
    await until(async () => (await rounds())?.result === "convicted", "it is convicted");
    expect((await rounds())?.convicted).to.deep.include({ count: 1, round: second, subnetId: 1 });
    expect((await rounds())?.answered).to.deep.include({ round: first, outcome: "included" });
    expect(await listed({ convicted: "true", roundResult: "convicted,void" })).to.equal(1);
    await until(() => hasTold('"result":"convicted"'), "readers know of the verdict");

    const told = stream.of("delta").length;
    await world.reorganise(1);
    await until(async () => (await rounds())?.convicted === null, "the verdict was taken back");
    expect((await rounds())?.posted?.round, "the root stands").to.equal(second);
    await until(
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
    await until(async () => (await rounds())?.result === "convicted", "it is convicted again");
    await world.finalise(liar);
    await until(async () => (await rounds())?.finalised !== null, "the round was counted");
    const finalised = (await rounds())?.finalised;
    expect(finalised, "the convicted leaf counts nothing").to.deep.include({ round: second, points: 0n });
    await world.finalise(honest);
    await until(async () => (await world.provenPointSeconds()) > 0n, "the first round was counted");
    expect((await rounds())?.finalised, "the newest one is told").to.deep.equal(finalised);
  });

  /** A gateway with node 1 connected. */
  async function start() {
    const config = loadConfig(undefined, {
      FIZZ_RPC_URL: world.anvil.rpcUrl,
      FIZZ_CONTRACTS: JSON.stringify(world.contracts),
      FIZZ_GATEWAY_CAPACITY_ROUNDS: world.address,
      FIZZ_GATEWAY_API_HOST: "127.0.0.1",
      FIZZ_GATEWAY_API_PORT: "0",
      FIZZ_GATEWAY_LISTEN: "/ip4/127.0.0.1/tcp/0",
      FIZZ_GATEWAY_LINK_PORT: "0",
      FIZZ_GATEWAY_DOOR_HOST: "127.0.0.1",
      FIZZ_GATEWAY_DATA_DIR: dataDir,
      FIZZ_POLL_MS: "50",
    });
    const gateway = createGateway({ config, key: GATEWAY_KEY }, memoryLogger());
    cleanup.defer("gateway", () => gateway.stop());
    const addresses = await gateway.start();
    const peer = await join(addresses);
    const stop = async (): Promise<void> => {
      await peer.stop();
      await gateway.stop();
    };
    return { addresses, stop };
  }

  async function join({ multiaddrs }: GatewayAddresses) {
    const peer = await startPeer(NODE_KEY);
    cleanup.defer("node", async () => {
      await peer.stop();
    });
    const connection = await peer.dial(multiaddrs.map((address) => multiaddr(address)));
    const framed = new FramedStream(await connection.newStream(protocols.hello));
    const words = {
      agentVersion: "0.1.0",
      chainId: CHAIN_ID,
      market: world.contracts.leaseMarket,
      nodeId: 1n,
    };
    const soon = AbortSignal.timeout(30_000);
    const free = offer({ total: NODE_RESOURCES, free: NODE_RESOURCES });
    await framed.write({ type: "hello", ...words, offer: free }, soon);
    expect((await framed.require(anyAnswer, soon)).type).to.equal("welcome");
    return peer;
  }
});
