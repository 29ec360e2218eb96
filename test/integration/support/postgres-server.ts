import { createServer, type AddressInfo, type Socket } from "node:net";
import { PGlite } from "@electric-sql/pglite";

/** Asks for TLS, and for Kerberos, before the session begins; both are declined. */
const OFFERS = new Set([80_877_103, 80_877_104]);
const TERMINATE = 0x58;
const LENGTH_BYTES = 4;

/** PostgreSQL in this process, for one client at a time. */
export async function startPostgres(): Promise<{ port: number; stop(): Promise<void> }> {
  const db = await PGlite.create();
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
    socket.on("error", () => undefined);
    serve(db, socket);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    stop: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
      await db.close();
    },
  };
}

/** Cuts what comes into messages; only the first ones have no letter in front. */
function serve(db: PGlite, socket: Socket): void {
  let rest = Buffer.alloc(0);
  let tagBytes = 0;
  let answered: Promise<unknown> = Promise.resolve();
  const take = (): Buffer | undefined => {
    if (rest.length < tagBytes + LENGTH_BYTES) return undefined;
    const length = tagBytes + rest.readUInt32BE(tagBytes);
    if (rest.length < length) return undefined;
    const message = rest.subarray(0, length);
    rest = rest.subarray(length);
    return message;
  };
  socket.on("data", (chunk) => {
    rest = Buffer.concat([rest, chunk]);
    for (let message = take(); message !== undefined; message = take()) {
      if (tagBytes === 0 && OFFERS.has(message.readUInt32BE(LENGTH_BYTES))) {
        socket.write("N");
        continue;
      }
      tagBytes = 1;
      const words = new Uint8Array(message);
      answered = answered.then(() => answer(db, socket, words));
    }
  });
}

async function answer(db: PGlite, socket: Socket, message: Uint8Array): Promise<void> {
  if (message[0] === TERMINATE) socket.end();
  else socket.write(await db.execProtocolRaw(message));
}
