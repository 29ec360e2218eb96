import { ProtocolError } from "@fizz/protocol/errors";
import { type Config } from "../config.ts";
import { SwarmClient } from "../containers/swarm/swarm-client.ts";
import { type SwarmNode } from "../containers/swarm/swarm-facts.ts";
import { type Logger } from "../observability/logger.ts";

const ENGINE_TIMEOUT_MS = 10_000;

/**
 * Says which machines of a swarm are not used, and why. An engine that does not answer is waited for by who needs it.
 *
 * @param operator Of the node: one that has containers serves them on, whatever its machines are.
 * @throws ProtocolError REQUIREMENT_MISSING when no machine is prepared
 */
export async function requireMachines(config: Config, operator: string, log: Logger): Promise<void> {
  if (config.FIZZ_NODE_ENGINE !== "swarm") return;
  const found = await findMachines(config, operator, log);
  if (found === undefined) return;
  for (const { hostname, address, isPrepared, isReady, isActive } of found.nodes) {
    if (isPrepared && isReady && isActive) continue;
    const fields = { event: "swarm.machine_unused", hostname, address, isPrepared, isReady, isActive };
    log.warn(fields, "A machine of the swarm gets no containers; doctor says why.");
  }
  if (found.nodes.some(({ isPrepared }) => isPrepared) || found.served > 0) return;
  const message =
    "No machine of the swarm is prepared. On each: npm run node -- prepare-host --apply, then restart its engine (docs/SWARM.md).";
  throw new ProtocolError("REQUIREMENT_MISSING", message);
}

interface Found {
  readonly nodes: readonly SwarmNode[];
  /** Containers of this node that are there. */
  readonly served: number;
}

/** Undefined while the swarm does not answer. @throws ProtocolError REQUIREMENT_MISSING when there is none */
async function findMachines(config: Config, operator: string, log: Logger): Promise<Found | undefined> {
  const signal = AbortSignal.timeout(ENGINE_TIMEOUT_MS);
  const client = new SwarmClient(config.DOCKER_HOST, operator, config.FIZZ_NODE_SWARM_ENGINES);
  try {
    const nodes = await client.nodes(signal);
    return { nodes, served: (await client.services(signal)).length };
  } catch (error) {
    if (error instanceof ProtocolError && error.code === "REQUIREMENT_MISSING") throw error;
    log.warn({ event: "swarm.unreached", error }, "The swarm does not answer; it is waited for.");
    return undefined;
  }
}

/** For a person. */
export function machineLine({ hostname, address, isPrepared, isReady, isActive }: SwarmNode): string {
  const state = isReady ? (isActive ? "takes containers" : "drained") : "down";
  return `${hostname} (${address}) ${isPrepared || !isReady ? state : "not prepared: not used"}`;
}
