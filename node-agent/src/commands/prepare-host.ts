import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { getServers } from "node:dns";
import { isIPv4 } from "node:net";
import { ProtocolError } from "@fizz/protocol/errors";
import { type Config } from "../config.ts";
import { SwarmClient } from "../containers/swarm/swarm-client.ts";
import { engineUnit, hostRules, preparedDaemonJson } from "../domain/host-preparation.ts";
import { type GpuCard, leasableCards } from "../domain/gpu-card.ts";
import { GPU_RESOURCE } from "../domain/swarm-cards.ts";
import { NvidiaSmi } from "../gpu/nvidia-smi.ts";
import { type GpuReader } from "../gpu-ports.ts";
import { offeredResources } from "../machine.ts";
import { type CommandContext } from "./context.ts";
import { addressesOf, parseMachines, policyOf, preparationMark } from "./swarm-preparation.ts";

const ENGINE_TIMEOUT_MS = 10_000;
const DRIVER_TIMEOUT_MS = 25_000;
const DAEMON_JSON = "etc/docker/daemon.json";
const RULES = "etc/fizz/swarm.nft";
const UNIT = "etc/systemd/system/docker.service.d/fizz.conf";
/** Has NVIDIA's runtime read which cards the swarm gave a container. */
const SWARM_RESOURCE = `nvidia-ctk config --in-place --set swarm-resource=DOCKER_RESOURCE_${GPU_RESOURCE}`;

export interface PrepareHostInit {
  /** Writes the files; otherwise they are printed. */
  readonly isApplied: boolean;
  /** Addresses with commas between, the agent's first, on a machine that manages no swarm; undefined: those of the swarm. */
  readonly machines?: string | undefined;
  /** Folder in which the machine's files are; `/` unless told. */
  readonly root?: string;
  /** This machine's driver. */
  readonly reader?: GpuReader;
}

/**
 * Says, or writes, what every machine of a swarm needs and no service can set: the engine's configuration, a firewall, and
 * that the engine does not start without it.
 */
export async function prepareHost(
  { config, print }: CommandContext,
  { isApplied, machines, root = "/", reader = new NvidiaSmi() }: PrepareHostInit,
): Promise<number> {
  const signal = AbortSignal.timeout(ENGINE_TIMEOUT_MS);
  const known =
    machines === undefined
      ? await addressesOf(new SwarmClient(config.DOCKER_HOST, "", {}), signal)
      : parseMachines(machines);
  const policy = policyOf(config);
  const present = join(root, DAEMON_JSON);
  const text = existsSync(present) ? readFileSync(present, "utf8") : undefined;
  const cards = await cardsOf(config, reader);
  const files = {
    [RULES]: hostRules({ ...known, resolvers: getServers().filter(isIPv4) }, policy),
    [UNIT]: engineUnit(`/${RULES}`),
    [DAEMON_JSON]: preparedDaemonJson(text, preparationMark(known, policy), cards),
  };
  for (const [name, content] of Object.entries(files))
    if (isApplied) print(replace(join(root, name), content));
    else print(`# ${join(root, name)}\n${content}`);
  print(
    "On each machine, with the same files: systemctl daemon-reload; systemctl restart docker. Its containers end.",
  );
  print("Later changes of the addresses need no restart: systemctl reload docker. Its containers run on.");
  print(`Without systemd: nft -f /${RULES} and swapoff -a before each start of the engine.`);
  if (cards.length > 0) print(`For the ${cards.length} GPUs, before the restart: ${SWARM_RESOURCE}`);
  return 0;
}

/**
 * The cards of this machine that are leased, of the model that the node offers.
 *
 * @throws ProtocolError as GpuReader, where the driver is there and does not answer: its cards would be taken away
 */
async function cardsOf(config: Config, reader: GpuReader): Promise<readonly GpuCard[]> {
  const { gpuModel } = offeredResources(config.FIZZ_NODE_RESOURCES, config.FIZZ_NODE_DATA_DIR);
  if (gpuModel === 0) return [];
  try {
    return leasableCards(await reader.read(AbortSignal.timeout(DRIVER_TIMEOUT_MS)), gpuModel);
  } catch (error) {
    const cause: unknown = error instanceof ProtocolError ? error.cause : undefined;
    if ((cause as { code?: unknown } | undefined)?.code === "ENOENT") return [];
    throw error;
  }
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
