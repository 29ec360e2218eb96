import { once } from "node:events";
import { connect } from "node:net";
import { expect } from "chai";
import { startRoutedWorld } from "../support/routed-world.ts";

const UNREAD_MS = 300;
const REQUESTS = 2_000;
const ROUNDS = 200;

describe("a caller that asks for what is refused, and reads no answer", function () {
  this.timeout(60_000);

  for (const [front, more] of [
    ["the quick front", ""],
    ["Node's server", "TE: trailers\r\nConnection: TE\r\n"],
  ] as const)
    it(`loses its connection at ${front}, and is counted`, async () => {
      const world = await startRoutedWorld({
        origins: [(_request, response) => response.end()],
        routing: { limits: { unreadMs: UNREAD_MS } },
      });
      try {
        const socket = connect({ host: "127.0.0.1", port: world.port });
        socket.on("error", () => undefined).pause();
        const closed = new Promise<void>((resolve) => {
          socket.once("close", () => {
            resolve();
          });
        });
        const request = `GET / HTTP/1.1\r\nHost: nobody.test\r\n${more}\r\n`;
        for (let round = 0; round < ROUNDS && socket.writable; round += 1) {
          const isTaken = socket.write(request.repeat(REQUESTS));
          if (!isTaken) await Promise.race([once(socket, "drain").catch(() => undefined), closed]);
        }
        await closed;
        expect(world.gateway.router.counts.guards.unread).to.equal(1);
      } finally {
        await world.stop();
      }
    });
});
