import { ProtocolError } from "@fizz/protocol/errors";
import { unpackResources } from "@fizz/protocol/manifest";
import { toWire } from "@fizz/protocol/messages";
import { type App, createApp } from "../app.ts";
import { connectChain } from "../chain/clients.ts";
import { retryDelayMs } from "../domain/back-off.ts";
import { machineOf } from "../machine.ts";
import { imageRulesOf } from "../image-settings.ts";
import { capOf, lentMemoryBytes } from "../share-of-machine.ts";
import { makePricing } from "../pricing/make-pricing.ts";
import { stopOwnContainer } from "../containers/own-container.ts";
import { loadPrices } from "../pricing/price-list.ts";
import { holdToChain } from "../store/chain-mark.ts";
import { lockDataDir } from "../store/data-lock.ts";
import { StateDatabase } from "../store/state-database.ts";
import { systemClock } from "../system-clock.ts";
import { VERSION } from "../version.ts";
import { engineChoiceOf } from "./confinement.ts";
import { type CommandContext, type Identity, requireGateway, requireIdentity } from "./context.ts";
import { requireMachines } from "./require-machines.ts";
import { requireNode } from "./require-node.ts";

/** Time for a clean end, without and with the removal of containers, in milliseconds. */
const STOP_LIMIT_MS = 8_000;
const REMOVE_LIMIT_MS = 40_000;
/** Time for the engine to take the order to stop the agent's container, in milliseconds. */
const STAY_LIMIT_MS = 60_000;

/** Serves leases until the signal. */
export async function start(context: CommandContext): Promise<number> {
  const { config } = context;
  const identity = await requireIdentity(context);
  requireGateway(config);
  const unlock = lockDataDir(config.FIZZ_NODE_DATA_DIR);
  try {
    const database = await openState(context, identity);
    try {
      await serve(context, identity, database);
    } finally {
      await database.stop();
    }
    return 0;
  } finally {
    unlock();
  }
}

/** @throws ProtocolError STORE_UNUSABLE, STORE_FAILED when nothing can be kept any more; containers run on */
async function serve(context: CommandContext, identity: Identity, database: StateDatabase): Promise<void> {
  const { config, print, signal, log } = context;
  const ready = await untilAnswered(context, () => prepare(context, identity, database));
  if (ready === undefined) return;
  const { app, nodeId } = ready;
  await app.start();
  print(toWire({ event: "node.ready", nodeId, operator: identity.operator, peerId: identity.peerId }));
  const broken = await Promise.race([aborted(AbortSignal.any([signal, app.ended])), database.broken]);
  log.info({ event: "node.stopping" }, "The agent stops; containers go on running.");
  const limitMs = config.FIZZ_NODE_REMOVE_ON_EXIT ? REMOVE_LIMIT_MS : STOP_LIMIT_MS;
  // What does not end in time is left: every step can be taken up again by the next start.
  await Promise.race([app.stop(), systemClock.sleep(limitMs, new AbortController().signal)]);
  if (broken !== undefined) throw broken;
  if (app.ended.aborted && !signal.aborted) await stayStopped(context);
}

/** What its owner has stopped does not come back with the engine. Never throws. */
async function stayStopped(context: CommandContext): Promise<void> {
  const { config, log, signal } = context;
  const { FIZZ_NODE_CONTAINER: name, DOCKER_HOST: host } = config;
  if (name === undefined) return;
  const limit = AbortSignal.any([signal, AbortSignal.timeout(STAY_LIMIT_MS)]);
  const asking = untilAnswered({ ...context, signal: limit }, () => stopOwnContainer(host, name));
  try {
    // Its signal comes before the engine's answer.
    await Promise.race([asking, aborted(limit)]);
  } catch (error) {
    const advice = `Docker starts the agent again. To keep it stopped: docker stop ${name}`;
    log.warn({ event: "stop.not.told", error }, advice);
  }
}

async function openState({ config, log }: CommandContext, { key }: Identity): Promise<StateDatabase> {
  const components = { clock: systemClock, log: log.child({ part: "store" }) };
  return await StateDatabase.open(components, { dataDir: config.FIZZ_NODE_DATA_DIR, operatorKey: key });
}

async function prepare(
  context: CommandContext,
  identity: Identity,
  database: StateDatabase,
): Promise<{ app: App; nodeId: bigint }> {
  const { config, log } = context;
  const chain = await connectChain(config.FIZZ_RPC_URL, config.FIZZ_CONTRACTS);
  const genesis = await chain.client.getBlock({ blockNumber: 0n });
  await holdToChain(database, chain.chain.id, genesis.hash);
  const node = await requireNode(context, chain, { ...identity, database });
  await requireMachines(config, identity.operator, log);
  const prices = loadPrices(config.FIZZ_NODE_PRICES);
  const app = createApp(
    { chain, log, database },
    {
      ...prices,
      pricing: makePricing(config, prices, { clock: systemClock, log: log.child({ part: "pricing" }) }),
      calendar: config.FIZZ_NODE_BUSY_HOURS,
      reclaims: config.FIZZ_NODE_RECLAIM,
      operatorKey: identity.key,
      nodeId: node.nodeId,
      contracts: config.FIZZ_CONTRACTS,
      confirmations: config.FIZZ_CONFIRMATIONS,
      ...engineChoiceOf(config),
      gpuModel: unpackResources(node.resources).gpuModel,
      gatewayUrl: requireGateway(config),
      dataDir: config.FIZZ_NODE_DATA_DIR,
      agentVersion: VERSION,
      machine: machineOf(config),
      cap: capOf(config),
      mode: node.mode,
      // A swarm reserves by itself: what it has no room for waits, and is declined before anything is stopped.
      updateMemoryBytes: config.FIZZ_NODE_ENGINE === "swarm" ? undefined : lentMemoryBytes(config),
      maxLeases: config.FIZZ_NODE_MAX_LEASES,
      startWindowSeconds: config.FIZZ_NODE_START_WINDOW,
      noticeSeconds: config.FIZZ_NODE_NOTICE,
      missingGraceMs: config.FIZZ_NODE_MISSING_GRACE * 1_000,
      ...imageRulesOf(config),
      collectMib: config.FIZZ_NODE_COLLECT_MIB,
      removeOnExit: config.FIZZ_NODE_REMOVE_ON_EXIT,
      directRule: config.FIZZ_NODE_DIRECT,
      relayRequests: config.FIZZ_NODE_RELAY_REQUESTS,
      reachSocket: config.FIZZ_NODE_REACH,
      engineFolder: config.FIZZ_NODE_ENGINE_FOLDER,
    },
  );
  return { app, nodeId: node.nodeId };
}

/** The chain and the gateway may come up after the node. Undefined when the signal came first. */
async function untilAnswered<Result>(
  { log, signal }: CommandContext,
  task: () => Promise<Result>,
): Promise<Result | undefined> {
  for (let failures = 1; !signal.aborted; failures += 1) {
    try {
      return await task();
    } catch (error) {
      if (!(error instanceof ProtocolError) || !error.retryable) throw error;
      log.warn({ event: "start.waiting", code: error.code, error }, `${error.message} Trying again.`);
      await systemClock.sleep(retryDelayMs(failures, Math.random()), signal);
    }
  }
  return undefined;
}

async function aborted(signal: AbortSignal): Promise<undefined> {
  await new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener("abort", () => {
      resolve();
    });
  });
}
