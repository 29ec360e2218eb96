import { errorToWire } from "@fizz/protocol/errors";
import { type Config } from "../config.ts";
import { SwarmClient } from "../containers/swarm/swarm-client.ts";
import { type SwarmNode } from "../containers/swarm/swarm-facts.ts";
import { tryMachine } from "../containers/swarm/try-machine.ts";
import { faultsOf } from "../domain/machine-proof.ts";
import { addressesOf, policyOf, preparationMark } from "./swarm-preparation.ts";
import { type Verdict } from "./verdict.ts";

const ENGINE_TIMEOUT_MS = 10_000;
/** For a container on one machine, from the pull of its image to its removal. */
const TRIAL_TIMEOUT_MS = 120_000;
/** Machines on which a container is tried at a time. */
const MAX_TRIALS = 8;

/**
 * Looks at every machine of a swarm: whether it is there, takes leases, was prepared for the machines that there are, and,
 * by a container on each, whether it holds what it says.
 *
 * @throws ProtocolError as Engine; REQUIREMENT_MISSING when the engine manages no swarm
 */
export async function checkSwarm(config: Config): Promise<Verdict[]> {
  const signal = AbortSignal.timeout(ENGINE_TIMEOUT_MS);
  const client = new SwarmClient(config.DOCKER_HOST, "doctor", config.FIZZ_NODE_SWARM_ENGINES);
  const { agent, machines } = await addressesOf(client, signal);
  // Machines are prepared for the manager beside the agent.
  const mark = client.isFirst ? preparationMark({ agent, machines }, policyOf(config)) : undefined;
  const nodes = await client.nodes(signal);
  const verdicts: Verdict[] = client.isFirst
    ? []
    : [["warn", "swarm.manager_away: the manager of DOCKER_HOST does not answer; another one is asked"]];
  for (const node of nodes) {
    const isReached = (await client.engineOf(node, signal)) !== undefined;
    verdicts.push(...looksOf(node, { isReached, mark }));
  }
  if (!nodes.some(({ isPrepared }) => isPrepared))
    verdicts.push(["fail", "swarm.unprepared: no machine is prepared, so none is used: run prepare-host"]);
  const used = nodes.filter(({ takesTasks }) => takesTasks);
  for (let from = 0; from < used.length; from += MAX_TRIALS) {
    const trials = used.slice(from, from + MAX_TRIALS).map((node) => trialOf(config, node, machines));
    verdicts.push(...(await Promise.all(trials)));
  }
  return verdicts;
}

/** @param mark Of a machine that was prepared for the machines and ranges of now; undefined where that is not known. */
function looksOf(
  node: SwarmNode,
  { isReached, mark }: { readonly isReached: boolean; readonly mark: string | undefined },
): Verdict[] {
  const text = `${textOf(node)}, Docker Engine ${node.engineVersion}`;
  if (!node.isReady) return [["warn", `swarm.machine_down: ${text}`]];
  if (!node.isPrepared)
    return [["warn", `swarm.unprepared: ${text}: not used; run prepare-host there, and restart its engine`]];
  const verdicts: Verdict[] = [];
  if (!node.isActive) verdicts.push(["warn", `swarm.machine_drained: ${text}: takes no new containers`]);
  if (mark !== undefined && node.preparedFor !== mark)
    verdicts.push([
      "warn",
      `swarm.outdated: ${text}: prepared for other machines or ranges; run prepare-host there anew`,
    ]);
  if (!isReached)
    verdicts.push([
      "warn",
      `swarm.engine_unreached: ${text}: no shells, stats, watch on disks or persistent volumes there`,
    ]);
  return verdicts.length > 0 ? verdicts : [["ok", text]];
}

/** What a container finds on a machine that says of itself that it is prepared. */
async function trialOf(config: Config, node: SwarmNode, addresses: readonly string[]): Promise<Verdict> {
  const trial = {
    host: config.DOCKER_HOST,
    engines: config.FIZZ_NODE_SWARM_ENGINES,
    machine: node.id,
    image: config.FIZZ_NODE_SWARM_PROBE_IMAGE,
    addresses,
  };
  try {
    const faults = faultsOf(await tryMachine(trial, AbortSignal.timeout(TRIAL_TIMEOUT_MS)));
    if (faults.length === 0) return ["ok", `${textOf(node)}: containers reach no machine and no metadata`];
    return ["fail", `swarm.machine_open: ${textOf(node)}: ${faults.join("; ")}`];
  } catch (error) {
    const { message } = errorToWire(error);
    return ["fail", `swarm.machine_untried: ${textOf(node)}: ${message} (FIZZ_NODE_SWARM_PROBE_IMAGE)`];
  }
}

function textOf({ hostname, address }: SwarmNode): string {
  return `Machine ${hostname} (${address})`;
}
