import { createServer, type IncomingMessage } from "node:http";
import { Session } from "node:inspector/promises";
import { type AddressInfo } from "node:net";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { setTimeout as delay } from "node:timers/promises";

/** What a process tells about itself. */
export interface ProcessFigures {
  readonly rssBytes: number;
  readonly heapBytes: number;
  /** User and system time so far. */
  readonly cpuMs: number;
  /** Longest time for which the process did nothing else, or got no processor, so far. */
  readonly maxStallMs: number;
  /** What keeps the event loop alive, by kind. */
  readonly resources: Readonly<Record<string, number>>;
  readonly counts: Readonly<Record<string, number>>;
}

/** A function, and its own share of the time that was sampled. */
export interface ProfileEntry {
  readonly name: string;
  readonly share: number;
}

const PROFILE = /^\/profile\/(\d{1,3})$/;
const MAX_ENTRIES = 30;
const NS_PER_MS = 1e6;
const stalls = monitorEventLoopDelay({ resolution: 100 });

/**
 * Answers each request on a loopback port: `/` with the figures of now, after a collection where `--expose-gc` allows
 * one; `/profile/SECONDS` with where the time goes. @returns The port.
 */
export async function serveFigures(counts: () => Record<string, number>): Promise<number> {
  stalls.enable();
  const server = createServer((request, response) => {
    response.setHeader("connection", "close");
    void answer(request, counts).then((body) => response.end(JSON.stringify(body)));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port;
}

async function answer({ url = "/" }: IncomingMessage, counts: () => Record<string, number>): Promise<object> {
  const seconds = PROFILE.exec(url)?.[1];
  return seconds === undefined ? readFigures(counts()) : await profile(Number(seconds));
}

function readFigures(counts: Record<string, number>): ProcessFigures {
  globalThis.gc?.();
  const { user, system } = process.cpuUsage();
  const resources: Record<string, number> = {};
  for (const kind of process.getActiveResourcesInfo()) resources[kind] = (resources[kind] ?? 0) + 1;
  const { rss, heapUsed } = process.memoryUsage();
  const cpuMs = (user + system) / 1_000;
  return {
    ...{ rssBytes: rss, heapBytes: heapUsed, cpuMs, maxStallMs: stalls.max / NS_PER_MS },
    ...{ resources, counts },
  };
}

async function profile(seconds: number): Promise<ProfileEntry[]> {
  const session = new Session();
  session.connect();
  await session.post("Profiler.enable");
  await session.post("Profiler.start");
  await delay(seconds * 1_000);
  const { profile: taken } = await session.post("Profiler.stop");
  session.disconnect();
  const hits = new Map<string, number>();
  let all = 0;
  for (const { callFrame, hitCount = 0 } of taken.nodes) {
    const { functionName, url, lineNumber } = callFrame;
    const place = url === "" ? "" : ` ${url.split("/").slice(-4).join("/")}:${lineNumber + 1}`;
    const name = `${functionName === "" ? "anonymous" : functionName}${place}`;
    hits.set(name, (hits.get(name) ?? 0) + hitCount);
    all += hitCount;
  }
  const entries = [...hits].map(([name, count]) => ({ name, share: count / all }));
  return entries.sort((a, b) => b.share - a.share).slice(0, MAX_ENTRIES);
}
