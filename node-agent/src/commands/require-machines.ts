import { ProtocolError } from "@fizz/protocol/errors";
import { type Config } from "../config.ts";
import { SwarmClient } from "../containers/swarm/swarm-client.ts";
import { type SwarmNode } from "../containers/swarm/swarm-facts.ts";
import { type MachineState, stateOfMachine } from "../domain/swarm-machines.ts";
import { type Logger } from "../observability/logger.ts";

const ENGINE_TIMEOUT_MS = 10_000;

/**
 * Holds a start against its swarm's machines. An engine that does not answer is waited for by who needs it.
 *
 * @param operator Of the node: one that has containers serves them on, whatever its machines are.
 * @throws ProtocolError REQUIREMENT_MISSING when no machine is prepared
 */
export async function requireMachines(config: Config, operator: string, log: Logger): Promise<void> {
  if (config.FIZZ_NODE_ENGINE !== "swarm") return;
  const found = await findMachines(config, operator, log);
  if (found === undefined) return;
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

const WORDS: Readonly<Record<MachineState, string>> = {
  serving: "takes containers",
  drained: "drained: takes nothing new",
  unprepared: "not prepared: not used",
  down: "down",
};

/** For a person. */
export function machineLine(node: SwarmNode): string {
  return `${node.hostname} (${node.address}) ${WORDS[stateOfMachine(node)]}`;
}
