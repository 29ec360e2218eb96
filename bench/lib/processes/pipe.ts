/** `node pipe.ts <port> <target port>`: the plainest forwarder of TCP there can be in Node. */
import { connect, createServer } from "node:net";
import { sayReady } from "./ready.ts";

const [port = 0, target = 0] = process.argv.slice(2).map(Number);

const server = createServer({ allowHalfOpen: true, pauseOnConnect: true, noDelay: true }, (caller) => {
  const onward = connect({ port: target, host: "127.0.0.1", allowHalfOpen: true, noDelay: true });
  const end = (): void => {
    caller.destroy();
    onward.destroy();
  };
  caller.on("error", end);
  onward.on("error", end);
  caller.pipe(onward);
  onward.pipe(caller);
});
server.listen({ port, host: "127.0.0.1", backlog: 4_096 }, () => {
  sayReady({});
});
