/**
 * `npm run bench:http`: HTTP by host name, against nginx as a plain reverse proxy and caddy with TLS, in front of the
 * same upstream. Options as of `npm run bench:tunnel`. Exits with 1 when a bar is missed.
 */
import { freePort } from "../scripts/lib/free-port.ts";
import { runMain } from "../scripts/lib/run-main.ts";
import { createTempDir } from "../scripts/lib/temp-dir.ts";
import { type Bar, judge } from "./lib/bars.ts";
import {
  HOSTS,
  type HttpWay,
  startCaddy,
  startFizzRouter,
  startNginxProxy,
  writeLoopbackScript,
} from "./lib/http-ways.ts";
import { measureRequests } from "./lib/load/wrk.ts";
import { readRoundOptions } from "./lib/options.ts";
import { startHttpOrigin } from "./lib/origins.ts";
import { printReport, type Report, saveJson, writeSection } from "./lib/report.ts";
import { roundsOf } from "./lib/rounds.ts";
import { Samples } from "./lib/samples.ts";

const CONNECTIONS = 32;
const SCHEMES = ["http", "https"] as const;
const TITLES = { nginx: "nginx", caddy: "caddy", fizz: "Fizz" };
const figure = (scheme: (typeof SCHEMES)[number]): string => `${scheme}, 32 connections, requests/s`;

const BARS: readonly Bar[] = [
  {
    title: "HTTP requests / nginx",
    wanted: "at least",
    bar: 0.4,
    reach: 0.8,
    ratio: (pick) => pick("fizz", figure("http")) / pick("nginx", figure("http")),
  },
  {
    title: "HTTPS requests / caddy",
    wanted: "at least",
    bar: 1,
    reach: 1.5,
    ratio: (pick) => pick("fizz", figure("https")) / pick("caddy", figure("https")),
  },
];

interface Turn {
  readonly way: HttpWay;
  readonly scheme: (typeof SCHEMES)[number];
  readonly port: number;
}

/** Each scheme of each proxy. */
function turnsOf(ways: readonly HttpWay[]): Turn[] {
  return SCHEMES.flatMap((scheme) =>
    ways.flatMap((way) => {
      const port = scheme === "http" ? way.httpPort : way.httpsPort;
      return port === undefined ? [] : [{ way, scheme, port }];
    }),
  );
}

await runMain(async ({ cleanup, signal }) => {
  const { rounds, seconds, only, json, write } = readRoundOptions(SCHEMES);
  const { path: dir } = cleanup.use("folder", await createTempDir("bench"));
  const context = { dir, signal };
  const origin = await freePort();
  await startHttpOrigin(origin, context, cleanup);
  const ways: HttpWay[] = [];
  for (const start of [startNginxProxy, startCaddy, startFizzRouter])
    ways.push(await start(origin, context, cleanup));
  const script = await writeLoopbackScript(dir);
  const turns = turnsOf(ways).filter(({ scheme }) => only.length === 0 || only.includes(scheme));
  const samples = new Samples();
  for (const round of roundsOf(rounds))
    for (const { way, scheme, port } of turns) {
      process.stderr.write(`${round.title}: ${way.name}, ${scheme}\n`);
      const url = `${scheme}://${HOSTS[scheme]}:${port}/`;
      const load = { url, connections: CONNECTIONS, seconds, script };
      const { perSecond, p99Ms } = await measureRequests(load, signal);
      if (!round.counts) continue;
      samples.add(way.name, { [figure(scheme)]: perSecond, [`${scheme}, 32 connections, p99 ms`]: p99Ms });
    }
  const bars = judge(BARS, samples, rounds);
  const report: Report = { name: "bench:http", rounds, titles: TITLES, samples, bars, yardstick: "nginx" };
  printReport(report);
  if (json !== undefined) await saveJson(json, report);
  if (write) await writeSection(report);
  return bars.some(({ verdict }) => verdict === "missed") ? 1 : 0;
});
