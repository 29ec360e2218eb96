import { DirectDialer, type DirectComponents } from "@fizz/protocol/direct";
import { ProtocolError } from "@fizz/protocol/errors";
import { FramedStream, MUXER_INIT } from "@fizz/protocol/streams";
import { privateKeyFromRaw } from "@libp2p/crypto/keys";
import { identify } from "@libp2p/identify";
import { type Connection, type Stream } from "@libp2p/interface";
import { noise } from "@libp2p/noise";
import { tcp } from "@libp2p/tcp";
import { yamux } from "@libp2p/yamux";
import { multiaddr } from "@multiformats/multiaddr";
import { createLibp2p } from "libp2p";
import { type Hex, hexToBytes } from "viem";
import { framesOf } from "../../../relayer/support/fuzz/hostile-node.ts";
import { mutateBytes, mutateJson } from "../../../support/fuzz/mutate.ts";
import { type Random } from "../../../support/fuzz/random.ts";

const QUESTION_WITHIN_MS = 2_000;

/** A host with a key of its own, which may dial directly; it listens on loopback. */
// eslint-disable-next-line @typescript-eslint/explicit-module-boundary-types -- the type is what is built here
export async function hostOfKey(privateKey: Hex) {
  return await createLibp2p({
    privateKey: privateKeyFromRaw(hexToBytes(privateKey)),
    addresses: { listen: ["/ip4/127.0.0.1/tcp/0"] },
    transports: [tcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux(MUXER_INIT)],
    services: {
      identify: identify(),
      direct: (components: DirectComponents) => new DirectDialer(components, multiaddr),
    },
    connectionGater: { denyDialMultiaddr: () => false },
    connectionMonitor: { enabled: false },
    connectionManager: { inboundConnectionThreshold: 1_000 },
  });
}

/** What a peer rightly answers: frames of JSON, and after them bytes as they are. */
export interface RightAnswer {
  readonly frames: readonly unknown[];
  readonly rest?: readonly Buffer[];
}

/** The answer on the wire, with something wrong in most of them. */
export function wrongAnswer({ frames, rest = [] }: RightAnswer, random: Random): Buffer {
  const wrong = random.chance(0.7) ? mutateJson(frames, random) : frames;
  const head = framesOf(Array.isArray(wrong) ? wrong : [wrong], random);
  const tail = rest.map((bytes) => (random.chance(0.5) ? mutateBytes(bytes, random) : bytes));
  return Buffer.concat([head, ...tail]);
}

/** Reads a question, gives the bytes for an answer, and ends. */
export async function answerWith(stream: Stream, answer: () => Buffer): Promise<void> {
  try {
    await new FramedStream(stream).readBytes(AbortSignal.timeout(QUESTION_WITHIN_MS));
    stream.send(answer());
    await stream.close();
  } catch {
    stream.abort(new Error("no"));
  }
}

/** A stream of a connection that may be ending. @throws ProtocolError STREAM_CLOSED */
export async function openStream(
  connection: Connection,
  protocol: string,
  signal: AbortSignal,
): Promise<Stream> {
  try {
    return await connection.newStream(protocol, { signal, maxOutboundStreams: 1_000 });
  } catch (cause) {
    throw new ProtocolError("STREAM_CLOSED", "The connection is ending.", { cause });
  }
}

/**
 * @param mayBeSilent Whether the other side leaves the stream open after half an answer: then the limit of time is a refusal, too.
 * @returns What is wrong with how a question ended; undefined for an answer, and for a coded refusal.
 */
export async function faultOfEnd(
  what: string,
  ended: Promise<unknown>,
  mayBeSilent = false,
): Promise<string | undefined> {
  const faults = mayBeSilent ? ["INTERNAL"] : ["INTERNAL", "TIMEOUT"];
  try {
    await ended;
    return undefined;
  } catch (error) {
    if (error instanceof ProtocolError && !faults.includes(error.code)) return undefined;
    return `${what}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
  }
}
