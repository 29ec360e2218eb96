import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { ScriptError } from "../../../scripts/lib/script-error.ts";

const KIB = 1024;
const MAX_BODY_BYTES = 4 * KIB * KIB;
const DIGEST_BYTES = 32;
/** A transfer that takes longer hangs. */
const PATIENCE_MS = 60_000;

/** What came back is not what should have. */
export class SoakError extends ScriptError {
  constructor(message: string) {
    super("SOAK_FAILED", message);
  }
}

/** A connection that was closed at once and with nothing: its node is away. */
export class NobodyThere extends SoakError {}

const someBytes = (most: number): Buffer => randomBytes(1 + Math.floor(Math.random() * most));
const digest = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

/** Connects, and gives up with everything when it takes too long. */
async function withSocket<Result>(port: number, use: (socket: Socket) => Promise<Result>): Promise<Result> {
  const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true, noDelay: true });
  let late: NodeJS.Timeout | undefined;
  try {
    const failed = new Promise<never>((_, reject) => {
      socket.on("error", reject);
      late = setTimeout(() => {
        reject(new SoakError(`A transfer took longer than ${PATIENCE_MS / 1_000} s.`));
      }, PATIENCE_MS);
    });
    return await Promise.race([use(socket), failed]);
  } finally {
    clearTimeout(late);
    socket.destroy();
  }
}

async function readToEnd(socket: Socket): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of socket) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** Reads so many bytes at a time; the end, or an error, is a failure. */
class ByteReader {
  readonly #chunks: Buffer[] = [];
  #length = 0;
  #isOver = false;
  #wake: (() => void) | undefined;

  constructor(socket: Socket) {
    socket.on("data", (chunk) => {
      this.#chunks.push(chunk);
      this.#length += chunk.length;
      this.#wake?.();
    });
    socket.on("error", () => undefined);
    socket.on("close", () => {
      this.#isOver = true;
      this.#wake?.();
    });
  }

  async read(length: number): Promise<Buffer> {
    while (this.#length < length) {
      if (this.#isOver) throw new SoakError("A connection ended in the middle.");
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
    const all = Buffer.concat(this.#chunks.splice(0));
    this.#chunks.push(all.subarray(length));
    this.#length -= length;
    return all.subarray(0, length);
  }
}

/** A body up, a half-close, and the same body down again. @returns Bytes that were carried. */
export async function echoBody(port: number): Promise<number> {
  const body = someBytes(MAX_BODY_BYTES);
  const answer = await withSocket(port, async (socket) => {
    socket.end(body);
    return await readToEnd(socket);
  });
  if (answer.length === 0) throw new NobodyThere("Nothing came back.");
  if (digest(answer) !== digest(body))
    throw new SoakError(`${answer.length} bytes came back of ${body.length}, or others.`);
  return body.length + answer.length;
}

/** A body of the container, which ends first. */
export async function download(port: number): Promise<number> {
  const length = Math.floor(Math.random() * MAX_BODY_BYTES);
  const request = Buffer.alloc(4);
  request.writeUInt32BE(length);
  const answer = await withSocket(port, async (socket) => {
    socket.write(request);
    return await readToEnd(socket);
  });
  const body = answer.subarray(0, -DIGEST_BYTES);
  if (body.length !== length || digest(body) !== answer.subarray(-DIGEST_BYTES).toString("hex"))
    throw new SoakError(`${body.length} bytes came of ${length}, or others.`);
  return answer.length;
}

/** Small messages on one connection, until it is told to end. @returns Messages. */
export async function talk(
  port: number,
  { everyMs, signal }: { readonly everyMs: number; readonly signal: AbortSignal },
): Promise<number> {
  const socket = connect({ port, host: "127.0.0.1", noDelay: true });
  const reader = new ByteReader(socket);
  let count = 0;
  try {
    while (!signal.aborted) {
      const message = someBytes(KIB);
      socket.write(message);
      const answer = await reader.read(message.length);
      if (!answer.equals(message)) throw new SoakError("A message came back changed.");
      count += 1;
      await delay(everyMs, undefined, { signal }).catch(() => undefined);
    }
    return count;
  } finally {
    socket.destroy();
  }
}

/** A caller that breaks its connection in the middle of a transfer. */
export async function abandon(port: number): Promise<number> {
  const body = someBytes(MAX_BODY_BYTES);
  const socket = connect({ port, host: "127.0.0.1" });
  socket.on("error", () => undefined);
  await once(socket, "connect");
  socket.write(body);
  socket.on("data", () => undefined);
  await delay(Math.random() * 50);
  socket.resetAndDestroy();
  return body.length;
}

/** A container that breaks the connection: the caller must see a break, and no clean end. */
export async function beReset(port: number): Promise<number> {
  const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
  const seen = await new Promise<string>((resolve) => {
    const timer = setTimeout(resolve, PATIENCE_MS, "nothing");
    socket.on("data", () => undefined);
    socket.on("end", () => {
      clearTimeout(timer);
      resolve("an end");
    });
    socket.on("error", ({ code }: NodeJS.ErrnoException) => {
      clearTimeout(timer);
      resolve(code ?? "an error");
    });
    socket.write("break");
  });
  socket.destroy();
  if (seen !== "ECONNRESET")
    throw new SoakError(`A container broke a connection, and its caller saw ${seen}.`);
  return 0;
}
