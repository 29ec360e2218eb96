import { inRoot } from "../../scripts/lib/paths.ts";
import { measureBulk } from "./load/iperf.ts";
import { measurePing } from "./load/ping.ts";
import { measureRequests } from "./load/wrk.ts";
import { type Way, type WayName } from "./ways/way.ts";

export interface MeasureContext {
  /** Of one measurement. */
  readonly seconds: number;
  readonly signal: AbortSignal;
}

export interface Measure {
  /** Argument of `--only`. */
  readonly name: string;
  readonly ways: readonly WayName[];
  readonly run: (way: Way, context: MeasureContext) => Promise<Record<string, number>>;
}

const ALL: readonly WayName[] = ["pipe", "nginx", "ssh", "fizz"];
/** Small messages of a tenant that does not hurry: 400 a second. */
const NEIGHBOUR = { connections: 8, bytes: 128, everyMs: 20 };
const PING = { connections: 1, bytes: 1, everyMs: 2 };
const FEW = 32;
const MANY = 1_000;
/** Of the time of others. */
const MANY_TIMES = 3;
/** Time for all of them to open. */
const OPENING_MS = 1_500;
const AFTER_OPENING = inRoot("bench/lib/load/after-opening.lua");
/** Bulk that runs beside something begins before it and ends after it. */
const LEAD_SECONDS = 2;

type Run = Measure["run"];

const measureBulks: Run = async ({ ports }, { seconds, signal }) => {
  const figures: Record<string, number> = {};
  for (const connections of [1, 16])
    for (const direction of ["down", "up"] as const)
      figures[`bulk, ${connections} ${direction}, MB/s`] = await measureBulk(
        { port: ports.bulk, connections, direction, seconds },
        signal,
      );
  return figures;
};

const measureKeptAlive: Run = async ({ ports }, { seconds, signal }) => {
  const load = { url: urlOf(ports.http), connections: FEW, seconds };
  const { perSecond, p99Ms } = await measureRequests(load, signal);
  return { "kept alive, 32 connections, requests/s": perSecond, "kept alive, 32 connections, p99 ms": p99Ms };
};

const measureConnections: Run = async ({ ports }, { seconds, signal }) => {
  const load = { url: urlOf(ports.http), connections: FEW, seconds, headers: ["Connection: close"] };
  const { perSecond } = await measureRequests(load, signal);
  return { "a connection each, requests/s": perSecond };
};

/** wrk counts an answer that took long as often as another would have come meanwhile: opening 1,000 is apart. */
const measureMany: Run = async ({ ports }, { seconds, signal }) => {
  const load = { url: urlOf(ports.http), connections: MANY, seconds: seconds * MANY_TIMES };
  const opening = await measureRequests(load, signal);
  const args = [MANY, OPENING_MS];
  const kept = await measureRequests({ ...load, script: AFTER_OPENING, args }, signal);
  return {
    "1,000 connections, requests/s": opening.perSecond,
    "1,000 connections, p99 ms": kept.p99Ms,
    "1,000 connections, with their opening, p99 ms": opening.p99Ms,
  };
};

const urlOf = (port: number): string => `http://127.0.0.1:${port}/`;

/** Small messages of one lease, alone and while another lease of the same node moves bulk. */
const measureNeighbour: Run = async ({ ports, otherPorts }, { seconds, signal }) => {
  const small = { port: ports.echo, ...NEIGHBOUR, seconds };
  const bulk = { port: otherPorts.bulk, connections: 1, direction: "down", seconds } as const;
  const alone = await measurePing(small, signal);
  const bulkAlone = await measureBulk(bulk, signal);
  const [beside, bulkBeside] = await Promise.all([
    measurePing(small, signal),
    measureBulk({ ...bulk, seconds: seconds + LEAD_SECONDS }, signal),
  ]);
  return {
    "small messages alone, p99 ms": alone.p99Ms,
    "small messages beside another lease's bulk, p99 ms": beside.p99Ms,
    "bulk alone, MB/s": bulkAlone,
    "bulk beside small messages, MB/s": bulkBeside,
  };
};

const measurePingBesideBulk: Run = async ({ ports }, { seconds, signal }) => {
  const bulk = {
    port: ports.bulk,
    connections: 4,
    direction: "down",
    seconds: seconds + LEAD_SECONDS,
  } as const;
  const [{ p50Ms, p99Ms }, rate] = await Promise.all([
    measurePing({ port: ports.echo, ...PING, seconds }, signal),
    measureBulk(bulk, signal),
  ]);
  return {
    "ping beside 4 bulk, p50 ms": p50Ms,
    "ping beside 4 bulk, p99 ms": p99Ms,
    "4 bulk beside pings, MB/s": rate,
  };
};

/** In the order in which a round takes them. */
export const TUNNEL_MEASURES: readonly Measure[] = [
  { name: "bulk", ways: ALL, run: measureBulks },
  { name: "requests", ways: ALL, run: measureKeptAlive },
  { name: "connections", ways: ALL, run: measureConnections },
  { name: "neighbour", ways: ["nginx", "fizz"], run: measureNeighbour },
  { name: "ping", ways: ["pipe", "nginx", "fizz"], run: measurePingBesideBulk },
  { name: "many", ways: ["nginx", "fizz"], run: measureMany },
];
