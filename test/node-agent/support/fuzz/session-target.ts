import { protocols } from "@fizz/protocol/messages";
import { toWire } from "@fizz/protocol/messages";
import { type Connection } from "@libp2p/interface";
import { multiaddr } from "@multiformats/multiaddr";
import { startPeer } from "../../../relayer/support/gateway-fixture.ts";
import { codeOfRight, exchange, framesOf } from "../../../relayer/support/fuzz/hostile-node.ts";
import { mutateJson } from "../../../support/fuzz/mutate.ts";
import { LEASE, SESSION_KEY, sessionWorld } from "../../../support/session-world.ts";
import { testKey } from "../../../relayer/support/builders.ts";
import { addressOfPeerId as peerAddress, publicKeyOfPrivateKey } from "@fizz/protocol/identity";
import { type FuzzTarget } from "./link-worlds.ts";

const WITHIN_MS = 20_000;

/** A node's own protocols, which a tenant with a good grant reaches through the relay. */
export async function sessionTarget(): Promise<FuzzTarget> {
  const world = await sessionWorld((socket) => socket.pipe(socket));
  const node = await world.startNode();
  const peer = await startPeer(SESSION_KEY);
  const address = multiaddr(`${world.address}/p2p-circuit/p2p/${node.peerId}`);
  let connection: Connection | undefined;
  const connect = async (): Promise<Connection> => {
    if (connection?.status !== "open")
      connection = await peer.dial(address, { signal: AbortSignal.timeout(WITHIN_MS) });
    return connection;
  };
  const signed = plain(await world.grant());
  const auth = { signed };
  const sessionKey = publicKeyOfPrivateKey(testKey(0x23));
  const revocation = plain(await world.revocation({ sessionKey }));
  const place = { service: "web", replica: 0 };
  const target = { ...place, port: 80 };
  const seen = { peer: peerAddress(peer.peerId.toString()), host: "127.0.0.1", port: 40_000, at: 1 };
  const observed = { observed: seen, signature: `0x${"11".repeat(65)}` };
  const samples = [
    [protocols.challenge, [{ leaseHash: LEASE }]],
    [protocols.status, [{ auth }]],
    [protocols.logs, [{ auth, query: { follow: false, tail: 5, startup: true } }]],
    [protocols.events, [{ auth, query: { follow: false, cursor: 0 } }]],
    [protocols.stats, [{ auth, query: { follow: false, service: "web" } }]],
    [protocols.exec, [{ signed, exec: { ...place, command: ["true"], terminal: null } }]],
    [protocols.connect, [{ signed, target }]],
    [protocols.copy, [{ signed, copy: { ...place, direction: "out", path: "/data" } }]],
    [protocols.copy, [{ signed, copy: { ...place, direction: "in", path: "/data" } }, { note: null }]],
    [protocols.revoke, [{ signed: revocation }]],
    [protocols.direct, [{ signed, observed }]],
  ] as const;
  return {
    name: "session",
    asks: samples.map(([protocol]) => protocol),
    send: async (random) => {
      const [protocol, frames] = random.pick(samples);
      const wrong = random.chance(0.85) ? mutateJson(frames, random) : frames;
      return await exchange(
        await connect(),
        protocol,
        framesOf(Array.isArray(wrong) ? wrong : [wrong], random),
      );
    },
    works: async () => {
      // An input that no schema lets through tries nothing behind it.
      for (const [protocol, frames] of samples.filter(([protocol]) => protocol !== protocols.revoke))
        if ((await codeOfRight(await connect(), protocol, frames)) === "INPUT_INVALID") return false;
      const session = world.openSession(node.peerId, await world.grant());
      const status = await session.status(AbortSignal.timeout(WITHIN_MS));
      return status.leaseHash === LEASE;
    },
    stop: async () => {
      await peer.stop();
      await world.stop();
    },
  };
}

/** As it stands on the wire. */
function plain(value: unknown): unknown {
  return JSON.parse(toWire(value));
}
