import { createServer } from "node:http";
import { type AddressInfo } from "node:net";

/** What a process tells about itself. */
export interface ProcessFigures {
  readonly rssBytes: number;
  readonly heapBytes: number;
  /** User and system time so far. */
  readonly cpuMs: number;
  /** What keeps the event loop alive, by kind. */
  readonly resources: Readonly<Record<string, number>>;
  readonly counts: Readonly<Record<string, number>>;
}

/** Answers each request on a loopback port with the figures of now. @returns The port. */
export async function serveFigures(counts: () => Record<string, number>): Promise<number> {
  const server = createServer((_, response) => {
    response.setHeader("connection", "close");
    response.end(JSON.stringify(readFigures(counts())));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port;
}

function readFigures(counts: Record<string, number>): ProcessFigures {
  const { user, system } = process.cpuUsage();
  const resources: Record<string, number> = {};
  for (const kind of process.getActiveResourcesInfo()) resources[kind] = (resources[kind] ?? 0) + 1;
  const { rss, heapUsed } = process.memoryUsage();
  return { rssBytes: rss, heapBytes: heapUsed, cpuMs: (user + system) / 1_000, resources, counts };
}
