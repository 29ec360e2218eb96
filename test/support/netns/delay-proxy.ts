/**
 * A TCP proxy that delays every byte in both directions: `node delay-proxy.ts <listen port> <host> <port> <ms>`.
 * Runs as a process of its own, in the network namespace whose link it slows down.
 */
import { connect, createServer, type Socket } from "node:net";

/** Bytes held back in one direction before the sender is made to wait. */
const MAX_HELD_BYTES = 8 * 1024 * 1024;

const [listenPort = 0, targetPort = 0, delayMs = 0] = [2, 4, 5].map((index) => Number(process.argv[index]));
const targetHost = process.argv[3] ?? "";

/** Writes what comes from `from` to `to`, `delayMs` later, with backpressure and half-close. */
function delayed(from: Socket, to: Socket): void {
  let held = 0;
  from.on("data", (chunk) => {
    held += chunk.length;
    if (held > MAX_HELD_BYTES) from.pause();
    setTimeout(() => {
      to.write(chunk, () => {
        held -= chunk.length;
        if (held <= MAX_HELD_BYTES) from.resume();
      });
    }, delayMs);
  });
  from.on("end", () => setTimeout(() => to.end(), delayMs));
  from.on("error", () => to.destroy());
  from.on("close", () =>
    setTimeout(() => {
      to.destroySoon();
    }, delayMs),
  );
}

const server = createServer({ allowHalfOpen: true }, (client) => {
  const target = connect({ host: targetHost, port: targetPort, allowHalfOpen: true });
  client.setNoDelay();
  target.setNoDelay();
  delayed(client, target);
  delayed(target, client);
});
server.listen(listenPort, "0.0.0.0", () => process.stdout.write("ready\n"));
