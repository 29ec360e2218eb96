import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { text } from "node:stream/consumers";
import { ProtocolError } from "@fizz/protocol/errors";
import { gatewayApi } from "@fizz/protocol/gateway-api";
import { peerIdOfPublicKey, publicKeyOfPrivateKey } from "@fizz/protocol/identity";
import { pipeSocket } from "@fizz/protocol/streams";
import { expect } from "chai";
import { privateKeyToAddress } from "viem/accounts";
import { NodeSession } from "../../cli/src/session/node-session.ts";
import { serveConnect } from "../../node-agent/src/p2p/connect-protocol.ts";
import { PeerLimits } from "../../node-agent/src/p2p/peer-limits.ts";
import { systemClock as clock } from "../../node-agent/src/system-clock.ts";
import { Cleanup } from "../../scripts/lib/cleanup.ts";
import { sessionGate } from "../node-agent/support/session-gate.ts";
import { storedLease } from "../node-agent/support/builders.ts";
import { MemoryStore } from "../node-agent/support/memory-store.ts";
import { silentLog } from "../node-agent/support/silent-log.ts";
import { DOMAIN, grantOf, LEASE, TARGET, TENANT_KEY } from "../support/connect/parts.ts";
import { codeOf } from "../support/code-of.ts";
import { suitePostgres } from "../support/postgres-server.ts";
import { until } from "../support/until.ts";
import { testKey } from "./support/builders.ts";
import { deployChainWorld, NODE_KEY } from "./support/chain-world.ts";
import { gatewayEnv, gatewayProcess, startBalancer } from "./support/gateway-processes.ts";
import { nodeOf, type World } from "./support/leased-node.ts";
import { startOrigin } from "./support/tunnel-node.ts";

const NODE_ID = 1n;
const ANSWER = "from the container";
const LIMITS = { maxStreams: 64, maxRequestsPerWindow: 600 };

describe("a private session with a node of a gateway of two processes", function () {
  this.timeout(240_000);
  const cleanup = new Cleanup();
  const postgres = suitePostgres(cleanup);
  after(() => cleanup.stop());

  it("works through the process that has not the node, and again once the other one has taken the node over", async () => {
    const world = await deployChainWorld();
    cleanup.use("chain", world.anvil);
    await world.registerNode();
    const env = gatewayEnv(world, await postgres().database());
    const [a, b] = [gatewayProcess(cleanup, env, "127.0.0.1"), gatewayProcess(cleanup, env, "127.0.0.2")];
    await a.start();
    const balancer = await startBalancer(cleanup, () => [a, b].map(({ apiPort }) => apiPort()));
    await startNode(world, `http://127.0.0.1:${balancer}`);
    await b.start();
    const ofA = (await apiOf(a).network()).multiaddrs;
    const ofB = (await apiOf(b).network()).multiaddrs;
    expect(ofA).to.not.deep.equal(ofB);
    await until(async () => (await addressesAt(b)).join() === ofA.join(), "b sends clients of the node to a");
    expect((await apiOf(b).network(undefined, 77n)).multiaddrs, "of no node: its own").to.deep.equal(ofB);

    const astray = cleanup.use("astray", await openSession(() => Promise.resolve(ofB)));
    expect(await codeOf(ask(astray)), "through b itself").to.equal("NODE_UNREACHABLE");
    const session = cleanup.use("session", await openSession(() => addressesAt(b)));
    expect(await ask(session)).to.equal(ANSWER);
    a.kill();
    await until(async () => (await addressesAt(b)).join() === ofB.join(), "b has the node");
    await until(async () => (await ask(session).catch(String)) === ANSWER, "the same session goes on at b");
    const another = cleanup.use("session", await openSession(() => addressesAt(b)));
    expect(await ask(another)).to.equal(ANSWER);
  });

  function apiOf({ apiUrl }: { readonly apiUrl: () => string }) {
    return gatewayApi({ baseUrl: apiUrl(), fetch });
  }

  async function addressesAt(process: { readonly apiUrl: () => string }): Promise<string[]> {
    return (await apiOf(process).network(undefined, NODE_ID)).multiaddrs;
  }

  async function startNode(world: World, gatewayUrl: string): Promise<void> {
    const origin = cleanup.use("origin", await startOrigin((socket) => socket.end(ANSWER)));
    const store = new MemoryStore();
    await store.save(storedLease({ leaseHash: LEASE, tenant: privateKeyToAddress(TENANT_KEY) }));
    const gate = sessionGate(store, { nodeId: NODE_ID, domain: DOMAIN });
    const privateTargets = { locatePrivate: () => Promise.resolve({ host: "127.0.0.1", port: origin.port }) };
    const more: Parameters<typeof nodeOf>[2]["more"] = async (host, gatewayPeer, signal) => {
      const limits = new PeerLimits(clock, LIMITS);
      await serveConnect(host, { gate, privateTargets }, { log: silentLog, gatewayPeer, signal, limits });
    };
    const link = nodeOf(world, gatewayUrl, { port: origin.port, more });
    cleanup.use("node", link).start();
    await until(() => Promise.resolve(link.session() !== undefined), "the node is connected");
  }

  async function openSession(find: () => Promise<string[]>): Promise<NodeSession> {
    const privateKey = testKey(0x22);
    return new NodeSession({
      gatewayAddresses: await find(),
      findAddresses: find,
      peerId: peerIdOfPublicKey(publicKeyOfPrivateKey(NODE_KEY)),
      session: { privateKey, signed: await grantOf(privateKey) },
    });
  }

  async function ask(session: NodeSession): Promise<string> {
    const signal = AbortSignal.timeout(10_000);
    const stream = await session.connect(TARGET, signal);
    // Of a stream that is lost before anybody reads, its iterator hears nothing.
    const late = once(signal, "abort").then(() => {
      throw new ProtocolError("TIMEOUT", "No answer came.");
    });
    return await Promise.race([readAll(stream), late]);
  }

  /** Through a socket, as the CLI does it: the stream's own iterator does not hear an end that is past. */
  async function readAll(stream: Awaited<ReturnType<NodeSession["connect"]>>): Promise<string> {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const reader = connect((server.address() as AddressInfo).port, "127.0.0.1");
    // It asks nothing: its half is over before the answer comes.
    reader.end();
    const [socket] = (await once(server, "connection")) as [Socket];
    server.close();
    const piped = pipeSocket(stream, socket);
    const said = await text(reader);
    await piped;
    return said;
  }
});
