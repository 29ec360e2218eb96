/**
 * `node ping.ts <json>`: small messages to an echo server; prints how long the answers took. On each connection one
 * message goes after the other, at a steady pace while answers come within it.
 */
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { type PingInit, type PingResult } from "./plans.ts";

const WARM_UP_MS = 300;

function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

async function exchange(socket: Socket, message: Uint8Array): Promise<void> {
  socket.write(message);
  for (let missing = message.length; missing > 0;) {
    const [chunk] = (await once(socket, "data")) as [Buffer];
    missing -= chunk.length;
  }
}

async function pingOne({ port, bytes, everyMs, seconds }: PingInit, first: number): Promise<number[]> {
  const socket = connect({ port, host: "127.0.0.1", noDelay: true });
  await once(socket, "connect");
  const message = Buffer.alloc(bytes, 1);
  await exchange(socket, message);
  const times: number[] = [];
  const start = performance.now() + first;
  const end = start + WARM_UP_MS + seconds * 1_000;
  for (let due = start; due < end; due = Math.max(due + everyMs, performance.now())) {
    const early = due - performance.now();
    if (early > 0) await delay(early);
    const sent = performance.now();
    await exchange(socket, message);
    if (sent >= start + WARM_UP_MS) times.push(performance.now() - sent);
  }
  socket.destroy();
  return times;
}

const init = JSON.parse(process.argv[2] ?? "{}") as PingInit;
const each = Array.from({ length: init.connections }, (_, index) =>
  pingOne(init, (index * init.everyMs) / init.connections),
);
const times = (await Promise.all(each)).flat().sort((a, b) => a - b);
const result: PingResult = {
  count: times.length,
  p50Ms: quantile(times, 0.5),
  p99Ms: quantile(times, 0.99),
};
process.stdout.write(`${JSON.stringify(result)}\n`);
