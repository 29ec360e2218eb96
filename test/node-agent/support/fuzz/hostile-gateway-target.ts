import { publicKeyOfPrivateKey } from "@fizz/protocol/identity";
import { fromWire, protocols, toWire } from "@fizz/protocol/messages";
import { FramedStream } from "@fizz/protocol/streams";
import { type Stream } from "@libp2p/interface";
import { z } from "zod";
import { GatewaySession } from "../../../../node-agent/src/p2p/gateway-session.ts";
import { HelloTalk } from "../../../../node-agent/src/p2p/hello-talk.ts";
import { type NodeHost } from "../../../../node-agent/src/p2p/host.ts";
import { hash, MARKET, offer, SLASHER, testKey } from "../../../relayer/support/builders.ts";
import { Random } from "../../../support/fuzz/random.ts";
import { systemClock } from "../../../../node-agent/src/system-clock.ts";
import { NODE } from "../fake-chain.ts";
import { idlePulsing } from "../memory-pulses.ts";
import { silentLog } from "../silent-log.ts";
import {
  answerWith,
  faultOfEnd,
  hostOfKey,
  openStream,
  type RightAnswer,
  wrongAnswer,
} from "./hostile-hosts.ts";
import { type FuzzTarget } from "./link-worlds.ts";

const GATEWAY_KEY = testKey(0x53);
const NODE_KEY = testKey(0x54);
const WITHIN_MS = 10_000;
/** Part of the inputs that begin with a session of their own. */
const NEW_SESSION_PART = 0.1;

const lease = { lid: 1n, leaseHash: hash(0xaa) };
const door = { service: "web", replica: 0, port: 80, protocol: "tcp" } as const;
const endpoint = { ...door, host: "127.0.0.1", publicPort: 30_000, url: "http://127.0.0.1:30000" };
const right = {
  hello: { type: "welcome", gatewayVersion: "0.1.0", subnetId: 1, publicHost: "127.0.0.1" },
  update: { type: "ack" },
  pulse: { type: "countersigned", signature: `0x${"11".repeat(65)}` },
  doors: { type: "doors", host: "127.0.0.1", endpoints: [endpoint], heldElsewhere: ["a.example.org"] },
} as const;

interface Session {
  readonly gateway: GatewaySession;
  readonly host: NodeHost;
}

/** What a node reads of a gateway that answers almost rightly: its welcome, its word on offers and pulses, its doors. */
export async function hostileGatewayTarget(): Promise<FuzzTarget> {
  const host = await hostOfKey(GATEWAY_KEY);
  const randoms: Random[] = [];
  let isHonest = false;
  const wrong = (answer: object): RightAnswer => ({ frames: [JSON.parse(toWire(answer)) as object] });
  const bytesFor = (answer: object): Buffer => {
    const random = randoms.shift() ?? new Random(0);
    return isHonest ? honest(answer) : wrongAnswer(wrong(answer), random);
  };
  await host.handle(protocols.hello, (stream) => void answerHello(stream, bytesFor), {
    maxInboundStreams: 1_000,
  });
  await host.handle(protocols.doors, (stream) => void answerWith(stream, () => bytesFor(right.doors)), {
    maxInboundStreams: 1_000,
  });
  const peer = host.peerId.toString();
  let session: Promise<Session> | undefined;
  const begin = async (): Promise<Session> => {
    let created: NodeHost | undefined;
    const gateway = new GatewaySession(
      {
        ...{ clock: systemClock, log: silentLog, offer: () => Promise.resolve(offer()), pulsing },
        serve: (made) => {
          created = made;
          return Promise.resolve();
        },
      },
      {
        ...{ privateKey: NODE_KEY, gatewayPeer: peer, subnetId: 1 },
        multiaddrs: host.getMultiaddrs().map(String),
        hello: { agentVersion: "0.1.0", chainId: 31_337, market: MARKET, nodeId: NODE.nodeId },
      },
    );
    try {
      await gateway.open();
    } catch (error) {
      await gateway.close();
      throw error;
    }
    if (created === undefined) throw new TypeError("no host");
    return { gateway, host: created };
  };
  const end = async (): Promise<void> => {
    const old = session;
    session = undefined;
    await old?.then(({ gateway }) => gateway.close()).catch(() => undefined);
  };
  const ask = async (kind: "doors" | "talk"): Promise<void> => {
    session ??= begin();
    const asked = session;
    try {
      const { gateway, host: own } = await asked;
      const signal = AbortSignal.timeout(WITHIN_MS);
      if (kind === "doors") await gateway.openDoors({ ...lease, doors: [door] }, signal);
      else await talk(own, signal);
    } catch (error) {
      if (session === asked) await end();
      throw error;
    }
  };
  return {
    name: "answers to a node",
    answers: [protocols.hello, protocols.doors],
    send: async (random) => {
      randoms.push(random);
      if (random.chance(NEW_SESSION_PART)) await end();
      const kind = random.pick(["doors", "talk"] as const);
      return await faultOfEnd(`hello, and ${kind}`, ask(kind), true);
    },
    works: async () => {
      isHonest = true;
      await end();
      await ask("doors");
      await ask("talk");
      return true;
    },
    stop: async () => {
      await end();
      await host.stop();
    },
  };
}

const pulsing = idlePulsing({ key: NODE_KEY, nodeId: NODE.nodeId, slasher: SLASHER });
const messageSchema = z.looseObject({ type: z.enum(["hello", "update", "pulse"]) });

/** Answers each message of a node by its kind, until it does not listen any more. */
async function answerHello(stream: Stream, bytesFor: (answer: object) => Buffer): Promise<void> {
  const framed = new FramedStream(stream);
  try {
    for (;;) {
      const { type } = fromWire(
        messageSchema,
        await framed.require(messageSchema, AbortSignal.timeout(60_000)),
      );
      stream.send(bytesFor(right[type]));
    }
  } catch {
    stream.abort(new Error("no"));
  }
}

/** One offer that has changed, and one pulse, by the node's own code. */
async function talk(host: NodeHost, signal: AbortSignal): Promise<void> {
  const [connection] = host.getConnections();
  if (connection === undefined) return;
  const framed = new FramedStream(await openStream(connection, protocols.hello, signal));
  const told = new AbortController();
  const clock = {
    now: Date.now,
    sleep: (ms: number): Promise<void> => {
      if (ms > 0) told.abort();
      return Promise.resolve();
    },
  };
  const said = new HelloTalk(
    {
      ...{ clock, log: silentLog, pulsing, random: () => 0 },
      offer: () => Promise.resolve({ ...offer(), leases: 3 }),
    },
    { subnetId: 1, offer: offer(), gatewayKey: publicKeyOfPrivateKey(GATEWAY_KEY) },
  );
  try {
    await said.run(framed, AbortSignal.any([told.signal, signal]));
  } finally {
    await framed.close();
  }
}

function honest(answer: object): Buffer {
  const body = Buffer.from(toWire(answer));
  const header = Buffer.alloc(4);
  header.writeUInt32BE(body.length);
  return Buffer.concat([header, body]);
}
