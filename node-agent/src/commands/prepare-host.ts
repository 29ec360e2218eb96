import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { getServers } from "node:dns";
import { isIPv4 } from "node:net";
import { ProtocolError } from "@fizz/protocol/errors";
import { SwarmClient } from "../containers/swarm/swarm-client.ts";
import { hostRules, preparedDaemonJson } from "../domain/host-preparation.ts";
import { type CommandContext } from "./context.ts";

const ENGINE_TIMEOUT_MS = 10_000;
const DAEMON_JSON = "etc/docker/daemon.json";
const RULES = "etc/fizz/swarm.nft";

export interface PrepareHostInit {
  /** Writes the files; otherwise they are printed. */
  readonly isApplied: boolean;
  /** Folder in which the machine's files are; `/` unless told. */
  readonly root?: string;
}

/** Says, or writes, what every machine of a swarm needs and no service can set: the engine's configuration and a firewall. */
export async function prepareHost(
  { config, print }: CommandContext,
  { isApplied, root = "/" }: PrepareHostInit,
): Promise<number> {
  const signal = AbortSignal.timeout(ENGINE_TIMEOUT_MS);
  const client = new SwarmClient(config.DOCKER_HOST, "", {});
  const { Swarm: own } = await client.info(signal);
  const machines = (await client.nodes(signal)).map(({ address }) => address).filter(isIPv4);
  const agent = machines.find((address) => address === own.NodeAddr);
  if (agent === undefined)
    throw new ProtocolError("REQUIREMENT_MISSING", "The manager of the swarm has no IPv4 address.");
  const policy = { blocked: config.FIZZ_NODE_BLOCKED_RANGES, allowed: config.FIZZ_NODE_ALLOWED_RANGES };
  const present = join(root, DAEMON_JSON);
  const files = {
    [DAEMON_JSON]: preparedDaemonJson(existsSync(present) ? readFileSync(present, "utf8") : undefined),
    [RULES]: hostRules({ agent, machines, resolvers: getServers().filter(isIPv4) }, policy),
  };
  for (const [name, text] of Object.entries(files))
    if (isApplied) print(replace(join(root, name), text));
    else print(`# ${join(root, name)}\n${text}`);
  print("On each machine, with the same files: nft -f /etc/fizz/swarm.nft, also at each boot; swapoff -a;");
  print("then restart the Docker Engine. Containers of a machine end when its engine restarts.");
  return 0;
}

/** Keeps what was there beside it. */
function replace(path: string, text: string): string {
  if (existsSync(path) && readFileSync(path, "utf8") === text) return `${path} is as it should be`;
  mkdirSync(dirname(path), { recursive: true });
  const backup = `${path}.before-fizz-${Date.now()}`;
  const had = existsSync(path);
  if (had) renameSync(path, backup);
  writeFileSync(path, text, { mode: 0o644 });
  return had ? `${path} written; what was there is ${backup}` : `${path} written`;
}
