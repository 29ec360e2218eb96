import { packResources, resourcesOf } from "@fizz/protocol/manifest";
import { type ManifestDelivery, protocols, toWire } from "@fizz/protocol/messages";
import { sealOrder } from "@fizz/protocol/orders";
import { generateSealingKeyPair } from "@fizz/protocol/sealing";
import { type Connection } from "@libp2p/interface";
import { OperatorSigner } from "../../../../node-agent/src/chain/operator-signer.ts";
import { ManifestDesk } from "../../../../node-agent/src/leases/manifest-desk.ts";
import { serveContainerStreams } from "../../../../node-agent/src/p2p/container-streams.ts";
import { datagramProtocol } from "../../../../node-agent/src/p2p/datagram-protocol.ts";
import { serveDataLinks } from "../../../../node-agent/src/p2p/data-link.ts";
import { serveOrders } from "../../../../node-agent/src/p2p/order-protocols.ts";
import { serveTunnelLink } from "../../../../node-agent/src/p2p/tunnel-link.ts";
import { ProtocolError } from "@fizz/protocol/errors";
import { DataLinkListener, dataLinkPair } from "../../../../relayer/src/p2p/data-link-listener.ts";
import { exchange, framesOf } from "../../../relayer/support/fuzz/hostile-node.ts";
import { mutateBytes, mutateJson } from "../../../support/fuzz/mutate.ts";
import { createLibp2pPair } from "../../../support/libp2p-pair.ts";
import { sampleOrder, sampleQuote } from "../../../support/sample-order.ts";
import { until } from "../../../support/until.ts";
import { hashOf, leaseRecord } from "../builders.ts";
import { FakeChain, NODE } from "../fake-chain.ts";
import { FakeClock } from "../fake-clock.ts";
import { MemoryJournal, MemoryStore } from "../memory-store.ts";
import { silentLog } from "../silent-log.ts";
import { type FuzzTarget, sampleFrames } from "./link-worlds.ts";

const LEASE = hashOf("lease");
const CLOSED_PORT = 1;

/** What a node is asked by its own gateway: for quotes, with manifests, for tunnels and data links. */
export async function orderTarget(): Promise<FuzzTarget> {
  const pair = await createLibp2pPair();
  const ending = new AbortController();
  const gatewayPeer = pair.dialer.peerId.toString();
  const limits = { enter: () => () => undefined };
  const context = { log: silentLog, gatewayPeer, signal: ending.signal, limits };
  const { desk, delivery } = await manifestDesk();
  const refused = (): never => {
    throw new ProtocolError("NODE_REFUSED", "no");
  };
  const quoting = { quote: () => Promise.reject(new ProtocolError("NODE_REFUSED", "no")), offer: refused };
  await serveOrders(pair.listener, { intake: desk, quoting }, context);
  const targets = { locate: () => Promise.resolve({ host: "127.0.0.1", port: CLOSED_PORT }) };
  await serveTunnelLink(pair.listener, { targets, context });
  await serveContainerStreams(pair.listener, datagramProtocol, { targets, context });
  await serveDataLinks(pair.listener, { targets, context });
  const listener = new DataLinkListener({
    ...{ host: "127.0.0.1", port: 0, pair: await dataLinkPair(Date.now()), onStray: () => undefined },
  });
  await listener.start();
  const connect = async (): Promise<Connection> => {
    const [open] = pair.dialer.getConnections().filter(({ status }) => status === "open");
    return open ?? (await pair.dialer.dial(pair.listener.getMultiaddrs()));
  };
  const order = sampleOrder();
  const request = {
    openPart: order.openPart,
    openSalt: order.openSalt,
    tenant: NODE.operator,
    token: NODE.operator,
  };
  const frames = sampleFrames("node");
  const opening = { leaseHash: LEASE, service: "web", replica: 0, port: 80 };
  return {
    name: "orders",
    asks: [protocols.tunnel, protocols.link, protocols.quote, protocols.manifest, protocols.datagrams],
    send: async (random) => {
      // A gateway that breaks the rules is cut off; who dials again and again waits (libp2p: 5 a second of one host).
      const connection = await connect().catch(() => undefined);
      if (connection === undefined) return undefined;
      const kind = random.below(5);
      if (kind === 0) {
        const bytes = frames.map((frame) => (random.chance(0.5) ? mutateBytes(frame, random) : frame));
        return await exchange(connection, protocols.tunnel, Buffer.concat(bytes));
      }
      const expected = kind === 1 ? listener.expect() : undefined;
      const questions: readonly (readonly [string, unknown])[] = [
        [protocols.link, plain(expected?.request ?? null)],
        [protocols.quote, plain(request)],
        [protocols.manifest, plain(delivery)],
        [protocols.datagrams, opening],
      ];
      const [protocol, sample] = questions[kind - 1] ?? [protocols.quote, null];
      const wrong = random.chance(0.85) ? mutateJson([sample], random) : [sample];
      const sent = (Array.isArray(wrong) ? wrong : [wrong]).map((frame: unknown) =>
        atHome(frame, listener.port),
      );
      try {
        return await exchange(connection, protocol, framesOf(sent, random));
      } finally {
        expected?.cancel(new ProtocolError("STREAM_CLOSED", "done"));
        void expected?.socket.then((socket) => socket.destroy()).catch(() => undefined);
      }
    },
    works: async () => {
      await until(
        async () => (await connect().catch(() => undefined))?.status === "open",
        "it may dial again",
      );
      return (await desk.accept(delivery, ending.signal)).receipt.leaseHash === LEASE;
    },
    stop: async () => {
      ending.abort();
      await pair.stop();
      await listener.stop();
    },
  };
}

/** No mutation makes the node connect to what else listens on this machine. */
function atHome(frame: unknown, port: number): unknown {
  const isOther = (value: unknown): boolean => typeof value === "number" && value !== port;
  const { port: asked } = (frame ?? {}) as { port?: unknown };
  const isPort = isOther(asked) && Number(asked) >= 1 && Number(asked) <= 65_535;
  return isPort ? { ...(frame as object), port: CLOSED_PORT } : frame;
}

/** The node's own desk, with a lease whose manifest it can open. */
async function manifestDesk(): Promise<{ readonly desk: ManifestDesk; readonly delivery: ManifestDelivery }> {
  const [chain, store, clock] = [new FakeChain(), new MemoryStore(), new FakeClock()];
  const sealing = await generateSealingKeyPair();
  await store.saveQuoteKey({ nonce: 7n, privateKey: sealing.privateKey, keepUntil: clock.now() + 1_000 });
  const order = sampleOrder();
  const quote = sampleQuote(order, sealing.publicKey, { nonce: 7n });
  const delivery = await sealOrder({ order, quote, lid: 1n, leaseHash: LEASE, version: 1 });
  const resources = packResources(resourcesOf(order.openPart));
  chain.put(leaseRecord({ state: "open", manifestHash: delivery.manifestHash, resources }));
  const desk = new ManifestDesk({
    ...{ chain, store, journal: new MemoryJournal(), signer: new OperatorSigner(hashOf("operator"), chain) },
    ...{ clock, log: silentLog, nodeId: NODE.nodeId, onAccepted: () => undefined },
  });
  return { desk, delivery };
}

/** As it stands on the wire. */
function plain(value: unknown): unknown {
  return JSON.parse(toWire(value));
}
