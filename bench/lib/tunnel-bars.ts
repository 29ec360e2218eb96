import { type Bar, type Pick } from "./bars.ts";

const bulk =
  (connections: 1 | 16, peer: string) =>
  (pick: Pick): number =>
    both(pick, "fizz", connections) / both(pick, peer, connections);

/** Down and up together. */
const both = (pick: Pick, way: string, connections: number): number =>
  pick(way, `bulk, ${connections} down, MB/s`) + pick(way, `bulk, ${connections} up, MB/s`);

const against =
  (peer: string, figure: string) =>
  (pick: Pick): number =>
    pick("fizz", figure) / pick(peer, figure);

const KEPT = "kept alive, 32 connections, requests/s";
const NEW = "a connection each, requests/s";
const PING_P99 = "ping beside 4 bulk, p99 ms";

/** What the data plane must hold, and what it reaches for: ratios within one run. */
export const TUNNEL_BARS: readonly Bar[] = [
  { title: "bulk, 1 connection / ssh -R", wanted: "at least", bar: 0.9, reach: 1.2, ratio: bulk(1, "ssh") },
  {
    title: "bulk, 16 connections / ssh -R",
    wanted: "at least",
    bar: 0.9,
    reach: 1.2,
    ratio: bulk(16, "ssh"),
  },
  { title: "bulk, 1 connection / nginx", wanted: "at least", bar: 0.28, reach: 0.4, ratio: bulk(1, "nginx") },
  {
    title: "bulk, 16 connections / nginx",
    wanted: "at least",
    bar: 0.28,
    reach: 0.4,
    ratio: bulk(16, "nginx"),
  },
  { title: "bulk, 1 connection / raw pipe", wanted: "at least", ratio: bulk(1, "pipe") },
  {
    title: "kept-alive requests / ssh -R",
    wanted: "at least",
    bar: 2.2,
    reach: 3.2,
    ratio: against("ssh", KEPT),
  },
  {
    title: "kept-alive requests / nginx",
    wanted: "at least",
    bar: 0.65,
    reach: 0.95,
    ratio: against("nginx", KEPT),
  },
  { title: "new connections / ssh -R", wanted: "at least", bar: 1.3, reach: 1.7, ratio: against("ssh", NEW) },
  {
    title: "new connections / nginx",
    wanted: "at least",
    bar: 0.7,
    reach: 0.85,
    ratio: against("nginx", NEW),
  },
  {
    title: "p99 beside another lease's bulk / alone",
    wanted: "at most",
    bar: 5,
    reach: 2,
    ratio: (pick) =>
      pick("fizz", "small messages beside another lease's bulk, p99 ms") /
      pick("fizz", "small messages alone, p99 ms"),
  },
  {
    title: "that bulk / alone",
    wanted: "at least",
    bar: 0.7,
    ratio: (pick) => pick("fizz", "bulk beside small messages, MB/s") / pick("fizz", "bulk alone, MB/s"),
  },
  {
    title: "ping p99 beside 4 bulk / nginx",
    wanted: "at most",
    bar: 0.3,
    reach: 0.15,
    ratio: against("nginx", PING_P99),
  },
  {
    title: "those 4 bulk / raw pipe",
    wanted: "at least",
    reach: 0.4,
    ratio: against("pipe", "4 bulk beside pings, MB/s"),
  },
  {
    title: "1,000 connections, requests / nginx",
    wanted: "at least",
    bar: 0.9,
    reach: 1.1,
    ratio: against("nginx", "1,000 connections, requests/s"),
  },
  {
    title: "1,000 connections, p99 / nginx",
    wanted: "at most",
    bar: 1,
    reach: 0.6,
    ratio: against("nginx", "1,000 connections, p99 ms"),
  },
];
