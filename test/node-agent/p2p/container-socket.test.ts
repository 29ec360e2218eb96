import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { type Socket } from "node:net";
import { text } from "node:stream/consumers";
import { expect } from "chai";
import { connectToContainer } from "../../../node-agent/src/p2p/container-socket.ts";
import { startOrigin } from "../../relayer/support/tunnel-node.ts";
import { codeOf } from "../../support/code-of.ts";

const SIZES = [1, 60, 500, 4_095, 4_096, 30_000, 65_536, 200_000];

describe("a socket to a container", () => {
  it("gives bytes that stay as they are, whatever the other sockets read after them", async () => {
    const bodies = Array.from({ length: 8 }, () => SIZES.map((size) => randomBytes(size)));
    let next = 0;
    const origin = await startOrigin((socket) => {
      const pieces = bodies[next++] ?? [];
      const write = (at: number): void => {
        const piece = pieces[at];
        if (piece === undefined) socket.end();
        else
          socket.write(piece, () => {
            write(at + 1);
          });
      };
      write(0);
    });
    const sockets = await Promise.all(bodies.map(() => connectToContainer(at(origin.port))));
    const read = await Promise.all(sockets.map(collect));
    await origin.stop();
    const digests = (all: readonly Buffer[]): string[] => all.map((body) => body.toString("base64")).sort();
    expect(digests(read)).to.deep.equal(digests(bodies.map((pieces) => Buffer.concat(pieces))));
  });

  it("reads nothing until it is resumed, nor while it is paused, and ends one half at a time", async () => {
    const body = randomBytes(3 * 1024 * 1024);
    const heard = Promise.withResolvers<string>();
    const origin = await startOrigin((socket) => {
      socket.end(body);
      text(socket).then(heard.resolve, heard.reject);
    });
    const socket = await connectToContainer(at(origin.port));
    expect([socket.isPaused(), socket.bytesRead]).to.deep.equal([true, 0]);
    const pieces: Uint8Array[] = [];
    socket.on("data", (piece) => {
      pieces.push(piece);
      socket.pause();
      const seen = socket.bytesRead;
      setImmediate(() => {
        expect(socket.bytesRead, "read while it is paused").to.equal(seen);
        socket.resume();
      });
    });
    socket.resume();
    await once(socket, "end");
    expect(Buffer.concat(pieces).equals(body)).to.equal(true);
    expect(socket.writable, "its other half is open").to.equal(true);
    socket.end("after the end");
    expect(await heard.promise).to.equal("after the end");
    await origin.stop();
  });

  it("says that nothing listens", async () => {
    const origin = await startOrigin(() => undefined);
    await origin.stop();
    expect(await codeOf(connectToContainer(at(origin.port)))).to.equal("SERVICE_UNREACHABLE");
  });
});

function at(port: number) {
  return { host: "127.0.0.1", port };
}

async function collect(socket: Socket): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  socket.on("data", (piece) => pieces.push(piece));
  socket.resume();
  await once(socket, "end");
  socket.destroy();
  return Buffer.concat(pieces);
}
