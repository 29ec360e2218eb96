import { connect, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { type OpenRequest } from "@fizz/protocol/streams";
import { multiaddr } from "@multiformats/multiaddr";
import { type Libp2p } from "libp2p";
import { openFileLimit } from "../relayer/src/doctor/check-machine.ts";
import { ScriptError } from "../scripts/lib/script-error.ts";
import { testKey } from "../test/relayer/support/builders.ts";
import { sayHello, startPeer } from "../test/relayer/support/gateway-fixture.ts";
import { serveTunnelRequests } from "../test/relayer/support/tunnel-node.ts";
import { type Bench, type BenchResult } from "./bench.ts";
import { AskedProcess } from "./lib/asked-process.ts";

const CONNECTIONS = 10_000;
/** A node has 1,024 connections at most that it has not answered yet. */
const NODES = 12;
const OTHER_FILES = 500;
/** Callers that connect at once: not more than wait at the doors, or the kernel lets them try again a second later. */
const AT_ONCE = 1_000;
const SETTLE_MS = 2_000;
const COUNT_EVERY_MS = 200;
const MAX_KIB = 64;
const GATEWAY = fileURLToPath(new URL("lib/processes/many-doors.ts", import.meta.url));

interface Case {
  readonly name: string;
  /** Whether the node says that it has reached the container, which says nothing. */
  readonly isAccepted: boolean;
  /** Whether the caller ends its side. */
  readonly isEnded: boolean;
}

const CASES: readonly Case[] = [
  { name: "half-open: the node does not answer", isAccepted: false, isEnded: false },
  { name: "half-closed: the caller has ended, the container not", isAccepted: true, isEnded: true },
  { name: "idle: the container says nothing", isAccepted: true, isEnded: false },
];

interface Figures {
  readonly rss: number;
  readonly connections: number;
}

async function startNodes(addresses: readonly string[], accepts: () => boolean): Promise<Libp2p[]> {
  // Only the addresses of the far host are looked at.
  const host = { getMultiaddrs: () => addresses.map((address) => multiaddr(address)) } as unknown as Libp2p;
  const onOpen = ({ accept }: OpenRequest): void => {
    if (accepts()) accept();
  };
  return await Promise.all(
    Array.from({ length: NODES }, async (_, index) => {
      const peer = await startPeer(testKey(index + 1));
      await serveTunnelRequests(peer, onOpen);
      await sayHello(peer, host, { nodeId: BigInt(index + 1) });
      return peer;
    }),
  );
}

async function connectAll(ports: readonly number[], isEnded: boolean): Promise<Socket[]> {
  const callers: Socket[] = [];
  const workers = Array.from({ length: AT_ONCE }, async () => {
    while (callers.length < CONNECTIONS) {
      const port = ports[callers.length % ports.length] ?? 0;
      const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
      callers.push(socket);
      socket.on("error", () => undefined);
      await new Promise((resolve) => socket.once("connect", resolve).once("close", resolve));
      if (isEnded) socket.end();
    }
  });
  await Promise.all(workers);
  return callers;
}

/** Waits until the gateway has taken all connections, or takes none any more. */
async function allCounted(gateway: AskedProcess): Promise<void> {
  for (let last = -1; ;) {
    const { connections } = await gateway.ask<Pick<Figures, "connections">>("count");
    if (connections >= CONNECTIONS || connections <= last) return;
    last = connections;
    await sleep(COUNT_EVERY_MS);
  }
}

async function run(): Promise<BenchResult> {
  const files = openFileLimit() ?? Number.POSITIVE_INFINITY;
  if (files < CONNECTIONS + OTHER_FILES)
    throw new ScriptError("BENCH_FAILED", `This needs ulimit -n ${CONNECTIONS + OTHER_FILES}, not ${files}.`);
  const rows = [["10,000 connections", "open", "MiB before", "MiB with them", "KiB each"]];
  const missed: string[] = [];
  for (const { name, isAccepted, isEnded } of CASES) {
    const gateway = new AskedProcess(["--expose-gc", GATEWAY, String(NODES), String(CONNECTIONS)]);
    try {
      const { multiaddrs } = await gateway.next<{ multiaddrs: string[] }>();
      const peers = await startNodes(multiaddrs, () => isAccepted);
      const { ports } = await gateway.ask<{ ports: number[] }>("doors");
      await sleep(SETTLE_MS);
      const before = await gateway.ask<Figures>("figures");
      const callers = await connectAll(ports, isEnded);
      // The half-open ones are given up after ten seconds.
      await allCounted(gateway);
      const after = await gateway.ask<Figures>("figures");
      const kib = (after.rss - before.rss) / 1_024 / Math.max(1, after.connections);
      const mib = (bytes: number): string => (bytes / 1_024 ** 2).toFixed(0);
      rows.push([name, String(after.connections), mib(before.rss), mib(after.rss), kib.toFixed(1)]);
      if (kib > MAX_KIB) missed.push(`${name}: ${kib.toFixed(1)} KiB each, not ${MAX_KIB}`);
      if (after.connections < CONNECTIONS) missed.push(`${name}: ${after.connections} are open`);
      for (const caller of callers) caller.destroy();
      for (const peer of peers) await peer.stop();
    } finally {
      gateway.stop();
    }
  }
  return { rows, missed };
}

export const connectionsBench: Bench = {
  name: "connections",
  about: `memory of a gateway under 10,000 half-open, half-closed and idle connections; wanted: at most ${MAX_KIB} KiB each`,
  run,
};
