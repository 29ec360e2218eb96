import { type AnswerHead } from "../../../../relayer/src/routing/domain/answer-head.ts";
import { readRequestHead, type RequestHead } from "../../../../relayer/src/routing/domain/request-head.ts";
import { requestHeaders } from "../../../../relayer/src/routing/domain/message-headers.ts";
import { ReplicaConnection } from "../../../../relayer/src/routing/replica-connection.ts";
import { Random } from "../../../support/fuzz/random.ts";
import { muxWorld } from "../../../support/mux-world.ts";
import { almostAnswer, almostRequest } from "./almost-right.ts";
import { NodeRequests, readAnswerWithNode, type SeenAnswer } from "./node-readers.ts";

const SENTINEL = "GET /sentinel HTTP/1.1\r\nHost: s.test\r\n\r\n";
const MAX_BODY = 1_000;
/** Bodies that would be requests, if they were read as such. */
const HIDDEN = "GET /hidden HTTP/1.1\r\nHost: h.test\r\n\r\n";
const AT_ONCE = 64;

export interface Comparison {
  /** What this reader took. */
  accepted: number;
  readonly faults: string[];
}

interface CompareInit {
  readonly seed: number;
  readonly inputs: number;
}

/** Reads heads of requests that are almost right: what is taken here Node's parser must take, and see the same in it. */
export async function compareRequests({ seed, inputs }: CompareInit): Promise<Comparison> {
  const comparison: Comparison = { accepted: 0, faults: [] };
  const node = new NodeRequests();
  const one = async (index: number): Promise<void> => {
    const text = almostRequest(new Random(seed, index));
    const end = text.indexOf("\r\n\r\n");
    const head = end === -1 ? undefined : readRequestHead(text.slice(0, end + 2));
    if (head === undefined || (head.contentLength ?? 0) > MAX_BODY) return;
    comparison.accepted += 1;
    const body = HIDDEN.repeat(Math.ceil(MAX_BODY / HIDDEN.length)).slice(0, head.contentLength ?? 0);
    const [first, second] = await node.read(text.slice(0, end + 4) + body + SENTINEL);
    const isSame =
      first?.method === head.method &&
      first.target === head.target &&
      first.body === body &&
      first.keepsAlive === head.keepsAlive &&
      linesOf(first.rawHeaders) === linesOf(fieldsOf(head)) &&
      (head.keepsAlive ? second?.target === "/sentinel" : second === undefined);
    if (!isSame)
      comparison.faults.push(`${index} of seed ${seed}: ${JSON.stringify({ text, head, first, second })}`);
  };
  await inBatches(inputs, one);
  return comparison;
}

/** As `compareRequests`, of answers with their bodies, cut anywhere. */
export async function compareAnswers({ seed, inputs }: CompareInit): Promise<Comparison> {
  const comparison: Comparison = { accepted: 0, faults: [] };
  const one = async (index: number): Promise<void> => {
    const random = new Random(seed, index);
    const text = almostAnswer(random);
    const method = random.chance(0.1) ? "HEAD" : "GET";
    const here = await readAnswer(text, method, random);
    if (here === undefined) return;
    comparison.accepted += 1;
    const there = await readAnswerWithNode(text, method);
    if (JSON.stringify(here) !== JSON.stringify(there))
      comparison.faults.push(`${index} of seed ${seed}: ${JSON.stringify({ method, text, here, there })}`);
  };
  await inBatches(inputs, one);
  return comparison;
}

/** Reads an answer with a connection to a replica. @returns undefined when that refuses it. */
export async function readAnswer(
  text: string,
  method: string,
  random: Random,
): Promise<SeenAnswer | undefined> {
  const { pair, open } = muxWorld();
  const { near, far } = open();
  await pair.settle();
  const heads: AnswerHead[] = [];
  const pieces: Buffer[] = [];
  let trailers: readonly string[] | undefined;
  const owner = { freed: () => undefined, closed: () => undefined };
  const pace = () => ({
    isHolding: false,
    mayPass: () => true,
    count: () => undefined,
    stop: () => undefined,
  });
  const connection = new ReplicaConnection(near, pace, owner);
  connection.ask(
    { method, head: `${method} / HTTP/1.1\r\n\r\n`, body: "none" },
    {
      answerContinues: () => undefined,
      answerBegins: (head) => heads.push(head),
      answerBrings: (bytes) => {
        pieces.push(Buffer.from(bytes));
        return true;
      },
      answerRests: () => undefined,
      answerEnded: (fields) => (trailers = fields),
      answerFailed: () => undefined,
      requestGoesOn: () => undefined,
    },
  );
  await pair.settle();
  const bytes = Buffer.from(text, "latin1");
  for (let at = 0; at < bytes.length;) {
    const end = at + 1 + random.below(random.chance(0.5) ? 8 : bytes.length);
    if (far().writeStatus === "writable") far().send(bytes.subarray(at, end));
    await pair.settle();
    at = end;
  }
  if (far().writeStatus === "writable") void far().close();
  await pair.settle();
  const [head] = heads;
  if (head === undefined || trailers === undefined) return undefined;
  return {
    status: head.status,
    message: head.message,
    rawHeaders: head.fields,
    rawTrailers: trailers,
    body: Buffer.concat(pieces).toString("latin1"),
  };
}

async function inBatches(inputs: number, one: (index: number) => Promise<void>): Promise<void> {
  for (let from = 0; from < inputs; from += AT_ONCE)
    await Promise.all(Array.from({ length: Math.min(AT_ONCE, inputs - from) }, (_, at) => one(from + at)));
}

function fieldsOf({ host, passed }: RequestHead): string[] {
  const lines = passed.split("\r\n").slice(0, -1);
  return [
    "Host",
    host,
    ...lines.flatMap((line) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 2)]),
  ];
}

/** What a container gets of them, in no order: cookies are moved by one of the readers. */
function linesOf(rawHeaders: readonly string[]): string {
  const host = rawHeaders.findIndex((name, index) => index % 2 === 0 && name.toLowerCase() === "host");
  const kept = requestHeaders(rawHeaders);
  const lines = [`host: ${rawHeaders[host + 1]}`];
  for (let index = 0; index < kept.length; index += 2)
    lines.push(`${kept[index]?.toLowerCase()}: ${kept[index + 1]}`);
  return lines.toSorted().join("\n");
}
