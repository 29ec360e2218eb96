/** The process of the helper: `node reach-main.ts SOCKET`. It reads no settings, and has no key. */
import { serveReach } from "./reach/reach-server.ts";

const [, , path] = process.argv;
if (path === undefined) {
  process.stderr.write("USAGE: reach-main.ts SOCKET\n");
  process.exit(2);
}
await serveReach(path);
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => process.exit(0));
