import { createHash } from "node:crypto";
import { isIPv4 } from "node:net";
import { ProtocolError } from "@fizz/protocol/errors";
import { type Config } from "../config.ts";
import { type SwarmClient } from "../containers/swarm/swarm-client.ts";
import { preparationText, type SwarmAddresses } from "../domain/host-preparation.ts";
import { type EgressPolicy } from "../domain/sandbox-rules.ts";

const MARK_LENGTH = 16;
/** Most machines of a swarm. */
export const MAX_SWARM_MACHINES = 256;

/** What containers of all machines may reach. */
export function policyOf(config: Config): EgressPolicy {
  return { blocked: config.FIZZ_NODE_BLOCKED_RANGES, allowed: config.FIZZ_NODE_ALLOWED_RANGES };
}

/** The addresses of all machines, as the swarm has them now. @throws ProtocolError as SwarmClient; REQUIREMENT_MISSING */
export async function addressesOf(
  client: SwarmClient,
  signal: AbortSignal,
): Promise<Omit<SwarmAddresses, "resolvers">> {
  const { Swarm: own } = await client.info(signal);
  const machines = (await client.nodes(signal)).map(({ address }) => address).filter(isIPv4);
  const agent = machines.find((address) => address === own.NodeAddr);
  if (agent !== undefined) return { agent, machines };
  throw new ProtocolError("REQUIREMENT_MISSING", "The manager of the swarm has no IPv4 address.");
}

/** As an owner types them: with commas between, the agent's first. @throws ProtocolError USAGE */
export function parseMachines(text: string): Omit<SwarmAddresses, "resolvers"> {
  const machines = text.split(",").map((part) => part.trim());
  const [agent] = machines;
  if (agent !== undefined && machines.length <= MAX_SWARM_MACHINES && machines.every(isIPv4))
    return { agent, machines };
  const message = `--machines takes IPv4 addresses, at most ${MAX_SWARM_MACHINES} with commas between, the agent's first.`;
  throw new ProtocolError("USAGE", message);
}

/** Short mark of a firewall: machines that have the same one have the same rules. */
export function preparationMark(addresses: Omit<SwarmAddresses, "resolvers">, policy: EgressPolicy): string {
  const hash = createHash("sha256").update(preparationText(addresses, policy));
  return hash.digest("hex").slice(0, MARK_LENGTH);
}
