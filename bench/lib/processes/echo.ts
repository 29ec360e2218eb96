/** `node echo.ts <port>`: gives back what it gets. */
import { createServer } from "node:net";
import { sayReady } from "./ready.ts";

const [port = 0] = process.argv.slice(2).map(Number);

const server = createServer({ allowHalfOpen: true, noDelay: true }, (caller) => {
  caller.on("error", () => caller.destroy());
  caller.pipe(caller);
});
server.listen({ port, host: "127.0.0.1", backlog: 4_096 }, () => {
  sayReady({});
});
