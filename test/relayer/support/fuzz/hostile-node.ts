import { protocols } from "@fizz/protocol/messages";
import { FramedStream } from "@fizz/protocol/streams";
import { type Connection, type Stream } from "@libp2p/interface";
import { multiaddr } from "@multiformats/multiaddr";
import { type Libp2p } from "libp2p";
import { type NEVER_INBOUND } from "../../../../relayer/src/p2p/stray-streams.ts";
import { jsonText, mutateBytes, mutateJson } from "../../../support/fuzz/mutate.ts";
import { Random } from "../../../support/fuzz/random.ts";
import { until } from "../../../support/until.ts";
import { startPeer } from "../gateway-fixture.ts";
import { type FuzzSamples } from "./fuzz-samples.ts";

const WITHIN_MS = 20_000;
const LOOK_MS = 300;
/** Frames that are read of one stream. */
const MAX_ANSWERS = 20;
const CARRIES: ReadonlySet<string> = new Set([protocols.connect, protocols.exec, protocols.copy]);

/** A peer that knows the protocols, and keeps to them only now and then. */
export class HostilePeer {
  readonly #peer: Libp2p;
  readonly #addresses: readonly string[];
  #session: Promise<FramedStream | undefined> | undefined;
  #turn: Promise<unknown> = Promise.resolve();

  private constructor(peer: Libp2p, addresses: readonly string[]) {
    this.#peer = peer;
    this.#addresses = addresses;
  }

  static async start(key: `0x${string}`, addresses: readonly string[]): Promise<HostilePeer> {
    return new HostilePeer(await startPeer(key), addresses);
  }

  async stop(): Promise<void> {
    await this.#peer.stop();
  }

  async connect(): Promise<Connection> {
    const addresses = this.#addresses.map((address) => multiaddr(address));
    return await this.#peer.dial(addresses, { signal: AbortSignal.timeout(WITHIN_MS) });
  }

  /** What the gateway says that it speaks. */
  async protocolsOfGateway(): Promise<readonly string[]> {
    const { remotePeer } = await this.connect();
    const found = async (): Promise<string[]> => (await this.#peer.peerStore.get(remotePeer)).protocols;
    await until(async () => (await found()).length > 0, "the gateway tells its protocols", WITHIN_MS);
    return await found();
  }

  /**
   * Sends bytes on a stream of its own and reads what comes.
   *
   * @returns What is wrong with it; undefined for coded refusals, right answers, and an end.
   */
  async send(protocol: string, bytes: Buffer): Promise<string | undefined> {
    let connection: Connection;
    try {
      connection = await this.connect();
    } catch (error) {
      return isTimeout(error) ? `${protocol}: no connection in ${WITHIN_MS} ms` : undefined;
    }
    return await exchange(connection, protocol, bytes);
  }

  /** Says hello, unless it has and the gateway still listens. */
  async beOnline(hello: unknown): Promise<FramedStream | undefined> {
    this.#session ??= this.#begin(hello);
    return await this.#session;
  }

  /** Sends bytes on the stream of its hello, one input after the other. @returns What is wrong with the answer. */
  async say(hello: unknown, bytes: Buffer): Promise<string | undefined> {
    const said = this.#turn.then(async () => await this.#sayNow(hello, bytes));
    this.#turn = said.catch(() => undefined);
    return await said;
  }

  async #sayNow(hello: unknown, bytes: Buffer): Promise<string | undefined> {
    const framed = await this.beOnline(hello);
    if (framed === undefined) return undefined;
    try {
      const stream = framed.release();
      this.#session = undefined;
      stream.send(bytes);
      const again = new FramedStream(stream);
      // A cut frame waits for its rest: that is no hang of the gateway's.
      const frame = await again.readBytes(AbortSignal.timeout(LOOK_MS));
      if (frame === undefined) return undefined;
      this.#session ??= Promise.resolve(again);
      return faultOfFrame(Buffer.from(frame).toString("utf8"));
    } catch {
      framed.abort(new Error("done"));
      return undefined;
    }
  }

  async #begin(hello: unknown): Promise<FramedStream | undefined> {
    try {
      const connection = await this.connect();
      const stream = await connection.newStream(protocols.hello, { signal: AbortSignal.timeout(WITHIN_MS) });
      const framed = new FramedStream(stream);
      stream.addEventListener("close", () => {
        this.#session = undefined;
      });
      await framed.write(hello, AbortSignal.timeout(WITHIN_MS));
      const welcome = await framed.readBytes(AbortSignal.timeout(WITHIN_MS));
      if (welcome !== undefined && Buffer.from(welcome).includes("welcome")) return framed;
    } catch {
      // It comes again with the next input.
    }
    this.#session = undefined;
    return undefined;
  }

  /** Answers the gateway's own questions, mostly wrong. */
  async serve(samples: FuzzSamples, seed: number): Promise<void> {
    let answers = 0;
    for (const [protocol, frames] of Object.entries(answersOf(samples))) {
      const handler = (stream: Stream): void => {
        answers += 1;
        void answer(stream, frames, new Random(seed, 2 ** 30 + answers));
      };
      await this.#peer.handle(protocol, handler, { maxInboundStreams: 1_024 });
    }
  }
}

/** Sends bytes on a stream of its own and reads what comes. @returns What is wrong with it. */
export async function exchange(
  connection: Connection,
  protocol: string,
  bytes: Buffer,
): Promise<string | undefined> {
  let stream: Stream;
  try {
    const options = { signal: AbortSignal.timeout(WITHIN_MS), runOnLimitedConnection: true };
    stream = await connection.newStream(protocol, options);
  } catch (error) {
    // It has no such protocol, or has had enough of this peer.
    return isTimeout(error) ? `${protocol}: no stream in ${WITHIN_MS} ms` : undefined;
  }
  try {
    stream.send(bytes);
    await stream.close().catch(() => undefined);
    return await readAnswers(stream, protocol);
  } catch {
    return undefined;
  } finally {
    stream.abort(new Error("done"));
  }
}

/** How a question without a fault is refused; undefined when it is answered. */
export async function codeOfRight(
  connection: Connection,
  protocol: string,
  frames: readonly unknown[],
): Promise<string | undefined> {
  const signal = AbortSignal.timeout(WITHIN_MS);
  const framed = new FramedStream(
    await connection.newStream(protocol, { signal, runOnLimitedConnection: true }),
  );
  try {
    for (const frame of frames) await framed.write(frame, signal);
    const answer = await framed.readBytes(signal);
    const { error } = JSON.parse(Buffer.from(answer ?? "{}").toString("utf8")) as WireAnswer;
    return error?.code;
  } finally {
    framed.abort(new Error("done"));
  }
}

interface WireAnswer {
  readonly error?: { readonly code?: string };
}

/** Every stream that a gateway opens to its nodes. */
type Asked = (typeof NEVER_INBOUND)[number];

/** Frames by which a node answers each question of the gateway. */
function answersOf({
  quote,
  receipt,
  challenge,
  status,
  logs,
  events,
  stats,
  revoked,
  ready,
}: FuzzSamples): Record<Asked, unknown[]> {
  const items = (all: unknown[]): unknown[] => [
    { type: "heartbeat" },
    { type: "items", seq: 1, items: all },
    { type: "end" },
  ];
  return {
    [protocols.quote]: [quote],
    [protocols.manifest]: [receipt],
    [protocols.challenge]: [challenge],
    [protocols.status]: [status],
    [protocols.logs]: items(logs),
    [protocols.events]: items(events),
    [protocols.stats]: items(stats),
    [protocols.revoke]: [revoked],
    [protocols.link]: [ready],
    [protocols.tunnel]: [ready],
    [protocols.datagrams]: [ready],
  };
}

async function answer(stream: Stream, frames: readonly unknown[], random: Random): Promise<void> {
  try {
    // The question comes first; what it is does not matter.
    if (random.chance(0.8)) await new FramedStream(stream).readBytes(AbortSignal.timeout(1_000));
    if (random.chance(0.1)) {
      stream.abort(new Error("no"));
      return;
    }
    const wrong = random.chance(0.7) ? (mutateJson(frames, random) as unknown[]) : frames;
    stream.send(framesOf(Array.isArray(wrong) ? wrong : [wrong], random));
    await stream.close();
  } catch {
    stream.abort(new Error("no"));
  }
}

/** Frames on the wire: now and then with a wrong length, or with bytes that are no JSON. */
export function framesOf(messages: readonly unknown[], random: Random): Buffer {
  const frames = messages.map((message) => {
    const body = Buffer.from(jsonText(message));
    const header = Buffer.alloc(4);
    header.writeUInt32BE(random.chance(0.03) ? random.below(2 ** 32) : body.length);
    return Buffer.concat([header, body]);
  });
  const bytes = Buffer.concat(frames);
  return random.chance(0.15) ? mutateBytes(bytes, random) : bytes;
}

async function readAnswers(stream: Stream, protocol: string): Promise<string | undefined> {
  const framed = new FramedStream(stream);
  for (let read = 0; read < MAX_ANSWERS; read += 1) {
    let frame: Uint8Array | undefined;
    try {
      frame = await framed.readBytes(AbortSignal.timeout(WITHIN_MS));
    } catch (error) {
      return isTimeout(error) ? `${protocol}: no answer in ${WITHIN_MS} ms` : undefined;
    }
    if (frame === undefined) return undefined;
    const fault = faultOfFrame(Buffer.from(frame).toString("utf8"));
    if (fault !== undefined) return `${protocol}: ${fault}`;
    // A welcome is no end: whoever says hello may go on. What follows these answers is a container's own bytes.
    if (protocol === protocols.hello || CARRIES.has(protocol)) return undefined;
  }
  // It follows something.
  return undefined;
}

function faultOfFrame(text: string): string | undefined {
  try {
    const { type, error } = JSON.parse(text) as { type?: unknown; error?: { code?: unknown } };
    if (typeof type !== "string") return `an answer without a type: ${text.slice(0, 200)}`;
    const isRefusal = type === "error" || type === "refused";
    const isCoded = typeof error?.code === "string" && error.code !== "INTERNAL";
    return isRefusal && !isCoded ? text.slice(0, 300) : undefined;
  } catch {
    // Frames of tunnels and of libp2p itself are no JSON.
    return undefined;
  }
}

function isTimeout(error: unknown): boolean {
  const { name, code } = error as { name?: string; code?: string };
  return name === "TimeoutError" || name === "AbortError" || code === "TIMEOUT";
}
