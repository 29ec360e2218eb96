import { leaseMarketAbi } from "@fizz/protocol/chain";
import { readable } from "../../../node-agent/src/containers/readable.ts";
import { until } from "../until.ts";
import { type World } from "../world.ts";

/** What an agent makes an engine do, and what comes of it. */
const EVENTS = ["create", "start", "exec_start", "exec_die", "die", "destroy"];
const RECOVERY_MS = 180_000;

/** What is left of a node's doing on its engine. */
export interface Made {
  /** Versions of tenants' containers that run. */
  readonly running: readonly string[];
  /** All containers, those included that hold networks. */
  readonly containers: number;
  readonly networks: number;
  readonly volumes: number;
}

/**
 * Does something with a node whose agent is killed when its engine tells of the n-th thing that it did, and started
 * again.
 *
 * @param work Brings it about; may fail when the agent is killed.
 * @returns Whether there was an n-th thing before all was done.
 */
export async function killAtEvent(
  world: World,
  n: number,
  { work, isDone }: { readonly work: () => Promise<unknown>; readonly isDone: () => Promise<boolean> },
): Promise<boolean> {
  const { network } = world;
  const filters = {
    type: ["container" as const],
    label: [`fizz.node=${network.nodeOperator}`],
    event: EVENTS,
  };
  const events = readable(await network.docker.getEvents({ filters }));
  const killed = Promise.withResolvers<boolean>();
  let count = 0;
  events.on("data", (chunk: Buffer) => {
    const before = count;
    count += chunk.toString().trim().split("\n").length;
    if (before >= n || count < n) return;
    process.kill(network.node().pid, "SIGKILL");
    killed.resolve(true);
  });
  try {
    const working = work().catch(() => undefined);
    const done = until(isDone, "all is done without a kill", RECOVERY_MS).then(
      () => false,
      () => false,
    );
    const isKilled = await Promise.race([killed.promise, done]);
    if (isKilled) await network.restartNode();
    await working;
    await until(isDone, "all is done after the kill", RECOVERY_MS);
    return isKilled;
  } finally {
    events.destroy();
  }
}

export async function readMade({ network: { docker, nodeOperator } }: World): Promise<Made> {
  const filters = { label: [`fizz.node=${nodeOperator}`] };
  const containers = await docker.listContainers({ all: true, filters });
  const tenants = containers.filter(({ Labels: labels }) => labels["fizz.role"] === undefined);
  const networks = await docker.listNetworks({ filters });
  const { Volumes: volumes } = await docker.listVolumes({ filters });
  return {
    running: tenants
      .filter(({ State: state }) => state === "running")
      .map(({ Labels: labels }) => labels["fizz.version"] ?? ""),
    containers: containers.length,
    networks: networks.length,
    volumes: volumes.length,
  };
}

/** How often the chain was told that a lease runs. */
export async function startsOf({ network }: World, lid: bigint): Promise<number> {
  const events = await network.chain.client.getContractEvents({
    address: network.description.contracts.leaseMarket,
    abi: leaseMarketAbi,
    eventName: "LeaseStarted",
    args: { lid },
    fromBlock: 0n,
  });
  return events.length;
}
