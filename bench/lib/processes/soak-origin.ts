/**
 * `node soak-origin.ts`: containers of a soak. `echo` gives back what it gets and ends when the caller has ended;
 * `download` sends as many bytes as its caller asks for, and their digest, and ends; `reset` answers a little and breaks
 * the connection.
 */
import { createHash, randomBytes } from "node:crypto";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { pipeline } from "node:stream/promises";
import { serveFigures } from "./figures.ts";
import { type SoakOriginFacts } from "./plans.ts";
import { sayReady } from "./ready.ts";

const CHUNK_BYTES = 64 * 1024;
const LENGTH_BYTES = 4;
let open = 0;

async function listen(serve: (socket: Socket) => Promise<void>): Promise<number> {
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    open += 1;
    socket.once("close", () => (open -= 1));
    socket.on("error", () => socket.destroy());
    serve(socket).catch(() => socket.destroy());
  });
  await new Promise<void>((resolve) =>
    server.listen({ port: 0, host: "127.0.0.1", backlog: 1_024 }, resolve),
  );
  return (server.address() as AddressInfo).port;
}

/** The first bytes of a caller. */
async function firstOf(socket: Socket): Promise<Buffer> {
  return await new Promise((resolve, reject) => {
    socket.once("data", resolve);
    socket.once("close", () => {
      reject(new TypeError("The caller is gone."));
    });
  });
}

function* bodyOf(length: number): Generator<Buffer> {
  const hash = createHash("sha256");
  for (let sent = 0; sent < length; sent += CHUNK_BYTES) {
    const chunk = randomBytes(Math.min(CHUNK_BYTES, length - sent));
    hash.update(chunk);
    yield chunk;
  }
  yield hash.digest();
}

const facts: SoakOriginFacts = {
  echo: await listen((socket) => pipeline(socket, socket)),
  download: await listen(async (socket) => {
    const request = await firstOf(socket);
    await pipeline(bodyOf(request.readUInt32BE(request.length - LENGTH_BYTES)), socket);
  }),
  reset: await listen(async (socket) => {
    await firstOf(socket);
    socket.write(randomBytes(CHUNK_BYTES));
    setTimeout(() => socket.resetAndDestroy(), 1);
  }),
  figuresPort: await serveFigures(() => ({ open })),
};
sayReady(facts);
