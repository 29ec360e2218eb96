import { createHash } from "node:crypto";
import { createServer } from "node:http";
import { type AddressInfo, type Socket } from "node:net";

/** Of RFC 6455, section 1.3. */
const MAGIC = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
const MASK_BYTES = 4;
const CLOSE = 8;
/** Payload lengths of one byte, and the mark for two bytes behind it. */
const SHORT_MOST = 125;
const TWO_BYTES = 126;

/** A WebSocket server of a "container" that gives back each message of up to 64 KiB. */
export async function startWebSocketEcho(): Promise<{ port: number; stop(): Promise<void> }> {
  const sockets = new Set<Socket>();
  const server = createServer();
  server.on("upgrade", ({ headers }, socket: Socket) => {
    sockets.add(socket);
    const key = createHash("sha1")
      .update(`${headers["sec-websocket-key"] ?? ""}${MAGIC}`)
      .digest("base64");
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${key}\r\n\r\n`,
    );
    socket.on("error", () => undefined);
    echo(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    stop: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function echo(socket: Socket): void {
  let rest = Buffer.alloc(0);
  socket.on("data", (chunk) => {
    rest = Buffer.concat([rest, chunk]);
    for (let frame = readFrame(rest); frame !== undefined; frame = readFrame(rest)) {
      rest = rest.subarray(frame.size);
      socket.write(Buffer.concat([frame.header, frame.payload]));
      if (frame.opcode === CLOSE) socket.end();
    }
  });
}

/** A masked frame of a client as the server's, which is not masked. */
function readFrame(
  bytes: Buffer,
): { size: number; opcode: number; header: Buffer; payload: Buffer } | undefined {
  if (bytes.length < 2) return undefined;
  const [first = 0, second = 0] = bytes;
  const short = second & 0x7f;
  const lengthBytes = short > SHORT_MOST ? 2 : 0;
  const start = 2 + lengthBytes + MASK_BYTES;
  if (short > TWO_BYTES || bytes.length < start) return undefined;
  const length = lengthBytes === 0 ? short : bytes.readUInt16BE(2);
  if (bytes.length < start + length) return undefined;
  const mask = bytes.subarray(start - MASK_BYTES, start);
  const payload = bytes
    .subarray(start, start + length)
    .map((byte, at) => byte ^ (mask[at % MASK_BYTES] ?? 0));
  const header = Buffer.concat([Buffer.from([first, short]), bytes.subarray(2, 2 + lengthBytes)]);
  return { size: start + length, opcode: first & 0x0f, header, payload: Buffer.from(payload) };
}
