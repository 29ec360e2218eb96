import { type AddressInfo, createServer } from "node:net";
import { protocols } from "@fizz/protocol/messages";
import { Mux, muxOver } from "@fizz/protocol/streams";
import { type Stream } from "@libp2p/interface";
import { carryChannels } from "../../../../node-agent/src/p2p/tunnel-link.ts";
import { ForwardServer } from "../../../../relayer/src/p2p/forward-server.ts";
import { FORWARD_STREAM, FORWARD_TUNNEL } from "../../../../relayer/src/p2p/forward-protocol.ts";
import { type NodeLinks } from "../../../../relayer/src/p2p/node-links.ts";
import { ProtocolError } from "@fizz/protocol/errors";
import { hash, memoryLogger } from "../../../relayer/support/builders.ts";
import { exchange, framesOf } from "../../../relayer/support/fuzz/hostile-node.ts";
import { mutateBytes, mutateJson } from "../../../support/fuzz/mutate.ts";
import { type Random } from "../../../support/fuzz/random.ts";
import { createLibp2pPair } from "../../../support/libp2p-pair.ts";
import { silentLog } from "../silent-log.ts";

const OPENED = 3;
/** Time for a link to take what it was sent. */
const SETTLE_MS = 20;

/** Something that takes inputs, by turns of what is wrong with them. */
export interface FuzzTarget {
  readonly name: string;
  /** Protocols whose questions it sends, and those whose answers. */
  readonly asks?: readonly string[];
  readonly answers?: readonly string[];
  /** @returns What is wrong with the answer. */
  readonly send: (random: Random) => Promise<string | undefined>;
  /** Whether it still does what it is for. */
  readonly works: () => Promise<boolean>;
  readonly stop: () => Promise<unknown>;
}

/** Another process of the gateway, which has the operator's key and breaks the rules. */
export async function forwardTarget(): Promise<FuzzTarget> {
  const [near, far] = [await createLibp2pPair(), await createLibp2pPair()];
  const [toNode] = near.dialer.getConnections();
  const [toOwner] = far.dialer.getConnections();
  if (toNode === undefined || toOwner === undefined) throw new Error("no connection");
  await near.listener.handle(protocols.status, (stream: Stream) => {
    void stream.close();
  });
  const offline = (): never => {
    throw new ProtocolError("NODE_OFFLINE", "away");
  };
  const links: Pick<NodeLinks, "openHere" | "require"> = {
    openHere: async (nodeId, protocol, signal) =>
      nodeId === 1n ? await toNode.newStream(protocol, { signal }) : offline(),
    require: (nodeId) =>
      nodeId === 1n ? { nodeId, peerId: near.dialer.peerId.toString(), connection: toNode } : offline(),
  };
  const server = new ForwardServer({
    ...{ host: far.listener, links, tunnels: { linkTo: offline }, logger: memoryLogger() },
  });
  await server.start();
  const samples = [
    [FORWARD_STREAM, [{ nodeId: "1", protocol: protocols.status }, { said: "hello" }]],
    [FORWARD_TUNNEL, [{ nodeId: "1" }]],
  ] as const;
  return {
    name: "forward",
    send: async (random) => {
      const [protocol, frames] = random.pick(samples);
      const wrong = random.chance(0.8) ? mutateJson(frames, random) : frames;
      return await exchange(toOwner, protocol, framesOf(Array.isArray(wrong) ? wrong : [wrong], random));
    },
    works: async () => {
      const stream = await toOwner.newStream(FORWARD_STREAM, { signal: AbortSignal.timeout(10_000) });
      stream.abort(new Error("done"));
      return true;
    },
    stop: async () => {
      await server.stop();
      await Promise.all([near.stop(), far.stop()]);
    },
  };
}

/** Both ends of a link for public connections, whose other end sends frames with something wrong in them. */
export async function linkTarget(end: "node" | "gateway"): Promise<FuzzTarget> {
  const pair = await createLibp2pPair();
  const origin = createServer((socket) => {
    socket.on("error", () => undefined);
    socket.pipe(socket);
  });
  await new Promise<void>((resolve) => origin.listen(0, "127.0.0.1", resolve));
  const { port } = origin.address() as AddressInfo;
  const ending = new AbortController();
  const targets = { locate: () => Promise.resolve({ host: "127.0.0.1", port }) };
  const context = { log: silentLog, signal: ending.signal };
  const serve = (stream: Stream): Mux | undefined => {
    if (end === "gateway") return openedMux((init) => muxOver(stream, init));
    carryChannels(
      (init) => muxOver(stream, init),
      { targets, context },
      () => undefined,
    );
    return undefined;
  };
  const samples = sampleFrames(end);
  return {
    name: `link to the ${end}`,
    send: async (random) => {
      const { outbound, inbound } = await pair.open();
      serve(inbound);
      const frames = samples.map((frame) => (random.chance(0.5) ? mutateBytes(frame, random) : frame));
      try {
        outbound.send(Buffer.concat(frames));
        await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
      } catch {
        // It was cut off.
      }
      outbound.abort(new Error("done"));
      return undefined;
    },
    works: async () => {
      const { outbound, inbound } = await pair.open();
      const mux = serve(inbound);
      if (mux !== undefined) return true;
      const gateway = muxOver(outbound, { defer: setImmediate, onEnd: () => undefined });
      return await new Promise((resolve) => {
        gateway.open(target(1), (error) => {
          resolve(error === undefined);
        });
      });
    },
    stop: async () => {
      ending.abort();
      origin.close();
      await pair.stop();
    },
  };
}

const target = (lease: number) => ({ leaseHash: hash(lease), service: "web", replica: 0, port: 80 });

/** The gateway's end of a link, with connections under way. */
function openedMux(start: (init: ConstructorParameters<typeof Mux>[1]) => Mux): Mux {
  const mux = start({ defer: setImmediate, onEnd: () => undefined });
  for (let lease = 1; lease <= OPENED; lease += 1) mux.open(target(lease), () => undefined);
  return mux;
}

/** What the other end would rightly send: the gateway's openings, with bytes; the node's answers to them. */
export function sampleFrames(end: "node" | "gateway"): Buffer[] {
  const sent: Record<"gateway" | "node", Buffer[]> = { gateway: [], node: [] };
  const linkOf = (from: "gateway" | "node", to: () => Mux) => ({
    write: (pieces: readonly Uint8Array[]) => {
      const frame = Buffer.concat(pieces);
      sent[from].push(frame);
      to().receive(frame);
      return true;
    },
    isOpen: true,
    abort: () => undefined,
  });
  const ends: { gateway?: Mux; node?: Mux } = {};
  const need = (name: "gateway" | "node") => (): Mux => {
    const mux = ends[name];
    if (mux === undefined) throw new TypeError("not there yet");
    return mux;
  };
  const now = (task: () => void): void => {
    task();
  };
  const init = { defer: now, onEnd: () => undefined };
  ends.node = new Mux(linkOf("node", need("gateway")), {
    ...init,
    onOpen: ({ accept, stream }) => {
      accept();
      stream.send(new Uint8Array(100));
    },
  });
  ends.gateway = new Mux(linkOf("gateway", need("node")), init);
  for (let lease = 1; lease <= OPENED; lease += 1)
    ends.gateway.open(target(lease), () => undefined).send(new Uint8Array(200));
  return end === "node" ? sent.gateway : sent.node;
}
