import { createServer } from "node:net";

const RANGE_FIRST = 20_000;
/** Below the ports that the kernel gives to outgoing connections (32768 and up on Linux). */
const RANGE_LAST = 32_000;
const RANGE_ATTEMPTS = 50;

/** Tries to listen on a TCP port of all interfaces; 0 takes any. Returns the port, or undefined when it is taken. */
function probePort(port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => {
      resolve(undefined);
    });
    server.listen({ port, host: "0.0.0.0", exclusive: true }, () => {
      const address = server.address();
      const found = typeof address === "object" && address !== null ? address.port : undefined;
      server.close(() => {
        resolve(found);
      });
    });
  });
}

/** A TCP port that was free a moment ago: the wished one if it is, otherwise any. */
export async function freePort(wished = 0): Promise<number> {
  const port = (await probePort(wished)) ?? (await probePort(0));
  if (port === undefined) throw new Error("no free TCP port");
  return port;
}

/** First port of a run of `count` TCP ports that were all free a moment ago: at `wished` if it is, otherwise anywhere. */
export async function freePortRange(count: number, wished?: number): Promise<number> {
  for (let attempt = 0; attempt < RANGE_ATTEMPTS; attempt += 1) {
    const random = RANGE_FIRST + Math.floor(Math.random() * (RANGE_LAST - RANGE_FIRST - count));
    const first = attempt === 0 && wished !== undefined ? wished : random;
    if (await isRangeFree(first, count)) return first;
  }
  throw new Error(`no ${count} free TCP ports in a row`);
}

async function isRangeFree(first: number, count: number): Promise<boolean> {
  for (let port = first; port < first + count; port += 1) {
    if ((await probePort(port)) === undefined) return false;
  }
  return true;
}
