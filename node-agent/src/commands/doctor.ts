import { errorToWire } from "@fizz/protocol/errors";
import { gatewayApi } from "@fizz/protocol/gateway-api";
import { addressOfPeerId } from "@fizz/protocol/identity";
import { resourcesText } from "@fizz/protocol/manifest";
import { formatEther } from "viem";
import { type Config } from "../config.ts";
import { openEngine } from "../app-engine.ts";
import { canLimitDisk } from "../containers/disk-quota.ts";
import { prober, proberThrough } from "../containers/prober.ts";
import { tryConfinement } from "../containers/try-confinement.ts";
import { nextBusyTime } from "../domain/calendar.ts";
import { offeredResources } from "../machine.ts";
import { ownDisk } from "../own-limits.ts";
import { makePricing } from "../pricing/make-pricing.ts";
import { loadPrices } from "../pricing/price-list.ts";
import { NvidiaSmi } from "../gpu/nvidia-smi.ts";
import { ReachClient } from "../reach/reach-client.ts";
import { capOf, claimedResources } from "../share-of-machine.ts";
import { systemClock } from "../system-clock.ts";
import { checkCapacity, checkRegistered } from "./check-capacity.ts";
import { checkGpus, checkSwarmGpus } from "./check-gpus.ts";
import { checkNetworks } from "./check-networks.ts";
import { checkSwarm } from "./check-swarm.ts";
import { engineChoiceOf, sandboxInitOf } from "./confinement.ts";
import { type CommandContext, type Identity, requireGateway, requireIdentity } from "./context.ts";
import { meterOf } from "./measure.ts";
import { connectNodeChain } from "./node-view.ts";
import { busyText } from "./print-agent.ts";
import { type Verdict } from "./verdict.ts";

const ENGINE_TIMEOUT_MS = 10_000;
/** The first time an image is built. */
const CONFINEMENT_TIMEOUT_MS = 600_000;
/** Gas below this lasts for few leases only, in wei. */
const LOW_GAS = 2_000_000_000_000_000n;
/** Clocks further apart than this make quotes expire early, in seconds. */
const MAX_SKEW_SECONDS = 30;

/** Checks everything that the node needs. Exit code 1 when something fails. */
export async function doctor(context: CommandContext): Promise<number> {
  const { config, print } = context;
  const verdicts: Verdict[] = [];
  const check = async (what: string, task: () => Promise<Verdict[]> | Verdict[]): Promise<void> => {
    try {
      verdicts.push(...(await task()));
    } catch (error) {
      verdicts.push(["fail", `${what}: ${errorToWire(error).message}`]);
    }
  };
  let identity: Identity | undefined;
  await check("Operator key", async () => {
    identity = await requireIdentity(context);
    return [["ok", `Operator key: ${identity.operator}`]];
  });
  await check("Prices", () => {
    makePricing(config, loadPrices(config.FIZZ_NODE_PRICES), { clock: systemClock, log: context.log });
    const script = config.FIZZ_NODE_PRICE_SCRIPT;
    return [
      ["ok", script === undefined ? "Prices can be read" : `Prices can be read; ${script} prices orders`],
    ];
  });
  await check("Busy hours", () => checkBusyHours(config));
  await check("Share", () => checkShare(config));
  await check("Capacity", () => checkCapacity(config, meterOf(config), systemClock.now()));
  await check("Docker Engine", () => checkEngine(context));
  if (config.FIZZ_NODE_ENGINE === "swarm") {
    await check("GPUs", () => checkSwarmGpus(config));
    await check("Swarm", () => checkSwarm(config));
  } else {
    await check("GPUs", () => checkGpus(config, new NvidiaSmi()));
    await check("Networks", () => checkNetworks(config));
    await check("Confinement", () => checkConfinement(config));
  }
  const known = identity;
  if (known !== undefined) {
    await check("Chain", () => checkChain(context, known));
    await check("Gateway", () => checkGateway(context, known));
  }
  for (const [level, text] of verdicts) print(`${level.padEnd(5)}${text}`);
  return verdicts.some(([level]) => level === "fail") ? 1 : 0;
}

function checkBusyHours(config: Config): Verdict[] {
  const now = Date.now();
  const busy = nextBusyTime(config.FIZZ_NODE_BUSY_HOURS, now);
  if (busy === undefined) return [];
  const reclaims = config.FIZZ_NODE_RECLAIM;
  return [["ok", `Busy hours: ${busyText({ ...busy, reclaims }, now)}`]];
}

/** @throws ProtocolError CONFIG_INVALID when more is stated than the owner lends */
function checkShare(config: Config): Verdict[] {
  const claim = claimedResources(config);
  const lent = capOf(config)?.(claim);
  if (lent === undefined) return [];
  return [["ok", `Of this machine are lent at most ${resourcesText(lent)}`]];
}

async function checkEngine({ config }: CommandContext): Promise<Verdict[]> {
  const isSwarm = config.FIZZ_NODE_ENGINE === "swarm";
  const engine = openEngine(engineChoiceOf(config), "doctor");
  const facts = await engine.facts(AbortSignal.timeout(ENGINE_TIMEOUT_MS));
  const { freeBytes } = ownDisk(config.FIZZ_NODE_DATA_DIR);
  const wanted = offeredResources(config.FIZZ_NODE_RESOURCES, config.FIZZ_NODE_DATA_DIR);
  const verdicts: Verdict[] = [["ok", `Docker Engine ${facts.version}, ${facts.cpus} CPUs`]];
  for (const warning of facts.warnings) verdicts.push(["warn", `Docker Engine: ${warning}`]);
  if (!facts.liveRestore && !isSwarm)
    verdicts.push([
      "warn",
      'Containers stop when the engine restarts; set "live-restore": true in daemon.json',
    ]);
  if (wanted.milliCpu > facts.cpus * 1_000)
    verdicts.push([
      "fail",
      `More CPU is offered than ${isSwarm ? "prepared machines have" : "the machine has"}`,
    ]);
  if (wanted.memoryMiB > facts.memoryBytes / 1_024 ** 2)
    verdicts.push([
      "fail",
      `More memory is offered than ${isSwarm ? "prepared machines have" : "the machine has"}`,
    ]);
  if (!isSwarm && BigInt(wanted.storageGiB) * 1_024n ** 3n > freeBytes)
    verdicts.push(["warn", "More storage is offered than is free on the data directory's file system"]);
  return verdicts;
}

/** @throws ProtocolError when a sandbox cannot be made */
export async function checkConfinement(config: Config): Promise<Verdict[]> {
  const sandbox = sandboxInitOf(config);
  if (sandbox === undefined)
    return [["warn", "FIZZ_NODE_SANDBOX is off: containers reach this machine and its networks"]];
  const signal = AbortSignal.timeout(CONFINEMENT_TIMEOUT_MS);
  const reach = config.FIZZ_NODE_REACH;
  const way = reach === undefined ? prober : proberThrough(new ReachClient(reach));
  const trial = { host: config.DOCKER_HOST, sandbox, prober: way };
  const { confined, loose } = await tryConfinement(trial, signal);
  const canLimit = await canLimitDisk(config.DOCKER_HOST, sandbox.image, signal);
  const disk = diskVerdict(config.FIZZ_NODE_DISK, canLimit);
  return [confinedVerdict(confined.reaches, loose.reaches), reachVerdict(confined.isReached, reach), disk];
}

function confinedVerdict(isConfinedOut: boolean, isLooseOut: boolean): Verdict {
  if (isConfinedOut) return ["fail", "A container reaches this machine in spite of its rules"];
  if (!isLooseOut)
    return ["ok", "Containers start in sandboxes; from here it cannot be tried what they reach"];
  return ["ok", "Containers start in sandboxes and do not reach this machine"];
}

function diskVerdict(method: Config["FIZZ_NODE_DISK"], canLimit: boolean): Verdict {
  if (method === "quota")
    return canLimit
      ? ["ok", "What containers have on disk is limited by the file system, and watched"]
      : ["fail", "FIZZ_NODE_DISK is quota, and the engine can set none: no container could be made"];
  return canLimit
    ? ["warn", "What containers have on disk is watched; the engine can limit it: FIZZ_NODE_DISK=quota"]
    : ["ok", "What containers have on disk is watched; the engine sets no quota"];
}

/** Without it nobody gets through a door. */
function reachVerdict(isReached: boolean, helper: string | undefined): Verdict {
  const how = helper === undefined ? "" : ", by the helper on the machine's network";
  return isReached
    ? ["ok", `The agent reaches the ports of containers${how}`]
    : ["fail", "The agent does not reach the ports of containers: it must run on the engine's machine"];
}

async function checkChain(context: CommandContext, identity: Identity): Promise<Verdict[]> {
  const { chain, clients } = await connectNodeChain(context, identity);
  const verdicts: Verdict[] = [["ok", `Chain ${clients.chain.id} answers`]];
  const { timestamp } = await clients.client.getBlock({ blockTag: "latest" });
  const skew = Math.abs(Date.now() / 1_000 - Number(timestamp));
  if (skew > MAX_SKEW_SECONDS)
    verdicts.push(["warn", `The newest block is ${Math.round(skew)} s off this machine's clock`]);
  const gas = await clients.client.getBalance({ address: identity.operator });
  const coins = `The operator key has ${formatEther(gas)} ETH for gas`;
  const isRelayed = context.config.FIZZ_NODE_RELAY_REQUESTS !== "never";
  const whoPays = isRelayed ? "; without enough, the gateway is asked to pay" : "";
  verdicts.push(gas < LOW_GAS ? ["warn", coins + whoPays] : ["ok", coins]);
  const node = await chain.node();
  if (node === undefined)
    verdicts.push(["fail", "The node is not registered. Run: npm run node -- register"]);
  else {
    verdicts.push([node.status === "active" ? "ok" : "fail", `Node ${node.nodeId} is ${node.status}`]);
    verdicts.push(...(await checkRegistered(context.config, meterOf(context.config), node)));
  }
  return verdicts;
}

async function checkGateway(context: CommandContext, identity: Identity): Promise<Verdict[]> {
  const { config, signal } = context;
  const network = await gatewayApi({ baseUrl: requireGateway(config), fetch }).network(signal);
  const { chain } = await connectNodeChain(context, identity);
  const node = await chain.node();
  const subnetId =
    node === undefined ? undefined : await chain.sharedSubnet(node.nodeId, addressOfPeerId(network.peerId));
  if (subnetId === undefined)
    return [["fail", `The gateway ${network.peerId} runs no subnet that this node is in`]];
  return [["ok", `Gateway ${network.peerId} runs subnet ${subnetId}`]];
}
