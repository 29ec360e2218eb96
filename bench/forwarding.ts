import { createTempDir } from "../scripts/lib/temp-dir.ts";
import { Cleanup } from "../scripts/lib/cleanup.ts";
import { freePort } from "../scripts/lib/free-port.ts";
import { startPostgresServer } from "../test/support/postgres-server.ts";
import { until } from "../test/support/until.ts";
import { deployChainWorld } from "../test/relayer/support/chain-world.ts";
import { gatewayEnv, gatewayProcess } from "../test/relayer/support/gateway-processes.ts";
import { nodeOf, openLease } from "../test/relayer/support/leased-node.ts";
import { type Bench, type BenchResult, median } from "./bench.ts";
import { isListening } from "./lib/is-listening.ts";
import { measureBulk } from "./lib/load/iperf.ts";
import { measureRequests } from "./lib/load/wrk.ts";
import { startOrigins } from "./lib/origins.ts";

/** Each stands for a machine of its own: both processes have the same ports. */
const HOSTS = { owner: "127.0.0.1", other: "127.0.0.2" } as const;
type Way = keyof typeof HOSTS;
const WAYS = ["owner", "other"] as const;
const ROUNDS = 3;
const SECONDS = 2;
const CONNECTIONS = 32;

interface Doors {
  readonly port: number;
  /** Which server the container is. */
  readonly choose: (origin: "bulk" | "http") => void;
}

/** One gateway of two processes; its node is connected to the first, and its one door is open on both. */
async function startDoors(signal: AbortSignal, cleanup: Cleanup): Promise<Doors> {
  const folder = cleanup.use("folder", await createTempDir("forwarding"));
  const origins = await startOrigins({ dir: folder.path, signal }, cleanup);
  const world = await deployChainWorld();
  cleanup.use("chain", world.anvil);
  await world.registerNode();
  const postgres = cleanup.use("postgres", await startPostgresServer());
  const door = await freePort(31_100);
  const env = { ...gatewayEnv(world, await postgres.database()), FIZZ_GATEWAY_PORTS: `${door}-${door}` };
  const [owner, other] = [
    gatewayProcess(cleanup, env, HOSTS.owner),
    gatewayProcess(cleanup, env, HOSTS.other),
  ];
  await owner.start();
  let chosen = origins.http;
  const link = nodeOf(world, owner.apiUrl(), { port: () => chosen });
  cleanup.use("node", link).start();
  const lease = await openLease(world, link);
  const port = await lease.openDoor();
  await world.confirmStart(lease.lid, lease.leaseHash);
  await other.start();
  for (const host of Object.values(HOSTS))
    await until(() => isListening(port, host), `the door is open at ${host}`);
  return {
    port,
    choose: (origin) => {
      chosen = origins[origin];
    },
  };
}

async function run(signal: AbortSignal): Promise<BenchResult> {
  const cleanup = new Cleanup();
  try {
    const { port, choose } = await startDoors(signal, cleanup);
    const found: Record<string, Record<Way, number[]>> = {};
    const keep = (figure: string, way: Way, value: number): void => {
      found[figure] ??= { owner: [], other: [] };
      found[figure][way].push(value);
    };
    for (let round = 0; round < ROUNDS; round += 1)
      for (const way of round % 2 === 0 ? WAYS : WAYS.toReversed()) {
        const host = HOSTS[way];
        choose("http");
        const load = { url: `http://${host}:${port}/`, connections: CONNECTIONS, seconds: SECONDS };
        const { perSecond, p99Ms } = await measureRequests(load, signal);
        keep(`kept alive, ${CONNECTIONS} connections, requests/s`, way, perSecond);
        keep(`kept alive, ${CONNECTIONS} connections, p99 ms`, way, p99Ms);
        choose("bulk");
        for (const direction of ["down", "up"] as const) {
          const bulk = { host, port, connections: 1, direction, seconds: SECONDS };
          keep(`bulk, 1 ${direction}, MB/s`, way, await measureBulk(bulk, signal));
        }
      }
    const rows = Object.entries(found).map(([figure, { owner, other }]) => {
      const [here, there] = [median(owner), median(other)];
      const told = (value: number): string => value.toPrecision(3);
      return [figure, told(here), told(there), (there / here).toFixed(2)];
    });
    return { rows: [["", "owner", "other process", "other / owner"], ...rows], missed: [] };
  } finally {
    await cleanup.stop();
  }
}

export const forwardingBench: Bench = {
  name: "forwarding",
  about:
    "a door of a gateway of two processes: through the one that the node is connected to, and through the other",
  run,
};
