import {
  fetchStatus,
  handManifest,
  openCopy,
  openExec,
  openRaw,
  readEvents,
  readLogs,
  readStats,
  sendRevocation,
} from "@fizz/protocol/control";
import { addressOfPeerId } from "@fizz/protocol/identity";
import { COPY_FRAME, type ControlAuth, EXEC_FRAME, protocols, toWire } from "@fizz/protocol/messages";
import { observedTypedData } from "@fizz/protocol/typed-data";
import { type Connection, type Stream } from "@libp2p/interface";
import { privateKeyToAccount } from "viem/accounts";
import { DirectPath } from "../../../../cli/src/session/direct-path.ts";
import { LINE, REVOCATION, SIGNATURE } from "../../../relayer/support/api-answers.ts";
import { delivery, hash, nodeFacts, testKey } from "../../../relayer/support/builders.ts";
import { DOMAIN } from "../../../support/session-world.ts";
import { codeOf } from "../../../support/code-of.ts";
import { Random } from "../../../support/fuzz/random.ts";
import { STATUS } from "../answers.ts";
import {
  answerWith,
  faultOfEnd,
  hostOfKey,
  openStream,
  type RightAnswer,
  wrongAnswer,
} from "./hostile-hosts.ts";
import { type FuzzTarget } from "./link-worlds.ts";

const NODE_KEY = testKey(0x51);
const CLIENT_KEY = testKey(0x52);
const WITHIN_MS = 10_000;
/** A direct connection takes another one to the gateway each time. */
const DIRECT_PART = 0.05;

type Host = Awaited<ReturnType<typeof hostOfKey>>;
type Asking = (stream: Stream, signal: AbortSignal) => Promise<unknown>;

/** What a client reads of a node, and of the gateway that tells it its address, when both answer almost rightly. */
export async function answersTarget(): Promise<FuzzTarget> {
  const [node, client] = await Promise.all([hostOfKey(NODE_KEY), hostOfKey(CLIENT_KEY)]);
  const right = await rightAnswers(node, client);
  const randoms: Random[] = [];
  let isHonest = false;
  for (const [protocol, answer] of Object.entries(right))
    await node.handle(
      protocol,
      (stream) => {
        const random = randoms.shift() ?? new Random(0);
        const whole = Buffer.concat([wireOf(answer), ...(answer.rest ?? [])]);
        void answerWith(stream, () => (isHonest ? whole : wrongAnswer(answer, random)));
      },
      { maxInboundStreams: 1_000 },
    );
  const connect = async (): Promise<Connection> => await client.dial(node.getMultiaddrs());
  const ask = async (protocol: string, signal: AbortSignal): Promise<unknown> => {
    const connection = await connect();
    return await questions[protocol]?.(await openStream(connection, protocol, signal), signal);
  };
  const goDirect = async (signal: AbortSignal): Promise<unknown> => {
    const [address] = node.getMultiaddrs().map(String);
    const direct = await new DirectPath({
      ...{
        host: client,
        dialer: client.services.direct,
        rule: "private",
        domain: DOMAIN,
        signed: AUTH.signed,
      },
      ...{ node: node.peerId.toString(), relayed: connect, gateway: () => address ?? "" },
      onChange: () => undefined,
    }).open(signal);
    await direct.close();
    return direct;
  };
  return {
    name: "answers to a client",
    answers: Object.keys(right),
    send: async (random) => {
      const signal = AbortSignal.timeout(WITHIN_MS);
      randoms.push(random);
      if (random.chance(DIRECT_PART)) return await faultOfEnd("direct", goDirect(signal));
      const protocol = random.pick(Object.keys(questions));
      return await faultOfEnd(protocol, ask(protocol, signal));
    },
    works: async () => {
      isHonest = true;
      const signal = AbortSignal.timeout(WITHIN_MS);
      for (const protocol of Object.keys(questions)) await ask(protocol, signal);
      // The gateway is the node here: a port of this machine cannot dial one place twice.
      return (await codeOf(goDirect(signal))) === "NODE_UNREACHABLE";
    },
    stop: async () => {
      await Promise.all([node.stop(), client.stop()]);
    },
  };
}

const grant = {
  ...{ tenant: nodeFacts().owner, nodeId: 1n, leaseHash: hash(0xaa), scopes: "logs events exec connect" },
  ...{ sessionKey: `0x02${"22".repeat(32)}` as const, expiresAt: 2_000_000_000 },
};
const AUTH: ControlAuth = { signed: { grant, signature: SIGNATURE } };
const { signed } = AUTH;
const place = { service: "web", replica: 0 };

/** The client's own code for each question, to the end of its answer. */
const questions: Readonly<Record<string, Asking>> = {
  [protocols.status]: (stream, signal) => fetchStatus(stream, AUTH, signal),
  [protocols.manifest]: (stream, signal) => handManifest(stream, delivery(), signal),
  [protocols.revoke]: (stream, signal) => sendRevocation(stream, REVOCATION, signal),
  [protocols.logs]: (stream, signal) => {
    const query = { follow: true, startup: false, tail: null };
    return toEnd(readLogs(stream, { auth: AUTH, query }, signal));
  },
  [protocols.events]: (stream, signal) =>
    toEnd(readEvents(stream, { auth: AUTH, query: { follow: true, cursor: 0 } }, signal)),
  [protocols.stats]: (stream, signal) =>
    toEnd(readStats(stream, { auth: AUTH, query: { follow: true } }, signal)),
  [protocols.exec]: async (stream, signal) => {
    const exec = { ...place, command: ["true"], terminal: null };
    const program = await openExec(stream, { signed, exec }, signal);
    await toEnd(program.output(signal));
  },
  [protocols.copy]: async (stream, signal) => {
    const copy = { ...place, direction: "in", path: "/data" } as const;
    const talk = await openCopy(stream, { signed, copy }, signal);
    await talk.place(signal);
    await toEnd(talk.read(signal));
  },
  [protocols.connect]: async (stream, signal) => {
    const raw = await openRaw(stream, { signed, target: { ...place, port: 80 } }, signal);
    raw.abort(new Error("done"));
  },
};

async function rightAnswers(node: Host, client: Host): Promise<Record<string, RightAnswer>> {
  const feed = (items: unknown[]): RightAnswer => ({
    frames: [{ type: "heartbeat" }, { type: "items", seq: 1, items }, { type: "end" }],
  });
  const signature = `0x${"11".repeat(65)}`;
  const receipt = { lid: 1n, leaseHash: hash(0xaa), manifestHash: hash(0xbb) };
  const event = { cursor: 1, at: 5, code: "image.pulled", message: "done", service: "web" };
  const limits = { milliCpu: 500, memoryBytes: 5 };
  const port = Number(/\/tcp\/(\d+)/.exec(node.getMultiaddrs().map(String)[0] ?? "")?.[1]);
  const gateway = privateKeyToAccount(NODE_KEY);
  /** Signed by the gateway, which here is the node. */
  const observedOf = async (host: Host) => {
    const peer = addressOfPeerId(host.peerId.toString());
    const observed = { peer, host: "127.0.0.1", port, at: Math.floor(Date.now() / 1_000) };
    return { observed, signature: await gateway.signTypedData(observedTypedData(DOMAIN, observed)) };
  };
  const frames = {
    [protocols.status]: { frames: [{ type: "status", status: STATUS }] },
    [protocols.manifest]: { frames: [{ type: "receipt", signed: { receipt, signature } }] },
    [protocols.revoke]: {
      frames: [
        { type: "revoked", ended: 2, receipt: { receipt: { revocation: hash(1), at: 5 }, signature } },
      ],
    },
    [protocols.logs]: feed([LINE, LINE]),
    [protocols.events]: feed([event, { ...event, cursor: 2, data: { a: [1] } }]),
    [protocols.stats]: feed([{ at: 5, replicas: [{ ...place, restarts: 0, limits, usage: null }] }]),
    [protocols.connect]: { frames: [{ type: "ready" }] },
    [protocols.exec]: {
      frames: [{ type: "ready" }],
      rest: [binary(EXEC_FRAME.stdout, "hello"), binary(EXEC_FRAME.end, '{"exitCode":0}')],
    },
    [protocols.copy]: {
      frames: [{ type: "ready" }],
      rest: [
        binary(COPY_FRAME.place, '{"isFolder":true}'),
        binary(COPY_FRAME.data, "bytes"),
        binary(COPY_FRAME.end, '{"note":null}'),
      ],
    },
    [protocols.direct]: { frames: [{ type: "go", observed: await observedOf(node) }] },
    [protocols.observe]: { frames: [{ type: "observed", signed: await observedOf(client) }] },
  };
  return Object.fromEntries(
    Object.entries(frames).map(([protocol, answer]: [string, RightAnswer]) => [
      protocol,
      { ...answer, frames: JSON.parse(toWire(answer.frames)) as unknown[] },
    ]),
  );
}

function binary(kind: number, text: string): Buffer {
  return frame(Buffer.concat([Buffer.from([kind]), Buffer.from(text)]));
}

function wireOf({ frames }: RightAnswer): Buffer {
  return Buffer.concat(frames.map((one) => frame(Buffer.from(JSON.stringify(one)))));
}

function frame(body: Buffer): Buffer {
  const header = Buffer.alloc(4);
  header.writeUInt32BE(body.length);
  return Buffer.concat([header, body]);
}

async function toEnd(items: AsyncGenerator<unknown, unknown, void>): Promise<void> {
  while ((await items.next()).done !== true);
}
