import { setTimeout as delay } from "node:timers/promises";
import { type Cleanup } from "../../../scripts/lib/cleanup.ts";
import { planNodes, startAgent, startGateway } from "../fizz-world.ts";
import { type GatewayFacts, type ServedNode, type SoakOriginFacts } from "../processes/plans.ts";
import { type BenchContext, runProcess } from "../run-process.ts";
import { judgeSoak, type SoakVerdict } from "./judge-soak.ts";
import { ResourceLog } from "./resource-log.ts";
import { abandon, beReset, download, echoBody, NobodyThere, SoakError, talk } from "./traffic.ts";

/** Time between two restarts of the node that comes and goes. */
const CHURN_MS = 5_000;
/** Time within which a node that came back must serve again, on the same port. */
const BACK_MS = 20_000;
/** Time for everything to come to rest at the end. */
const REST_MS = 20_000;
const SAMPLE_MS = 1_000;
const ASK_AGAIN_MS = 200;
const NODE_ARGS = ["--expose-gc"];

export interface SoakResult extends SoakVerdict {
  /** How often each kind of traffic was carried. */
  readonly done: Readonly<Record<string, number>>;
}

interface Doors {
  readonly echo: number;
  readonly download: number;
  readonly reset: number;
}

interface World {
  readonly gateway: GatewayFacts;
  /** Doors of a node that stays, and of one that comes and goes. */
  readonly steady: Doors;
  readonly fickle: Doors;
  readonly log: ResourceLog;
  /** Ends the fickle node, and brings it back. */
  readonly churn: () => Promise<void>;
}

export interface SoakInit {
  readonly seconds: number;
  /** Growth of memory from the first third to the last, of what comes after the warm-up, as a share. */
  readonly maxGrowth: number;
}

/** Mixed traffic through doors for a time; what is wrong is in the result, and not thrown. */
export async function runSoak(
  { seconds, maxGrowth }: SoakInit,
  context: BenchContext,
  cleanup: Cleanup,
): Promise<SoakResult> {
  const world = await startWorld(context, cleanup);
  // What is opened once, and kept, is open from here on.
  for (const { echo } of [world.steady, world.fickle]) await echoBody(echo);
  await world.log.rest(REST_MS, context.signal);
  await world.log.keepBaseline(context.signal);
  const traffic = new Traffic(AbortSignal.any([context.signal, AbortSignal.timeout(seconds * 1_000)]));
  await Promise.all([...traffic.start(world), world.log.follow(SAMPLE_MS, traffic.signal)]);
  context.signal.throwIfAborted();
  await world.log.rest(REST_MS, context.signal);
  const verdict = await judgeSoak(world.log, maxGrowth, context.signal);
  return { done: traffic.done, failures: [...traffic.failures, ...verdict.failures], notes: verdict.notes };
}

async function startWorld(context: BenchContext, cleanup: Cleanup): Promise<World> {
  const origin = await runProcess({ file: "soak-origin.ts", args: [], nodeArgs: NODE_ARGS }, context);
  cleanup.use("origin", origin.daemon);
  const containers = origin.facts as SoakOriginFacts;
  const ports = [containers.echo, containers.download, containers.reset];
  const [steady, fickle] = planNodes([[ports], [ports]]) as [ServedNode, ServedNode];
  const gateway = await startGateway([steady, fickle], context, { nodeArgs: NODE_ARGS });
  cleanup.use("gateway", gateway.daemon);
  const first = await startAgent({ gateway: gateway.facts, node: steady }, context, NODE_ARGS);
  cleanup.use("agent", first.daemon);
  let other = await startAgent({ gateway: gateway.facts, node: fickle }, context, NODE_ARGS);
  cleanup.defer("agent that comes and goes", () => other.daemon.stop());
  const log = new ResourceLog({
    gateway: gateway.facts.figuresPort,
    agent: first.facts.figuresPort,
    origin: containers.figuresPort,
  });
  return {
    gateway: gateway.facts,
    steady: doorsOf(first.facts.publicPorts),
    fickle: doorsOf(other.facts.publicPorts),
    log,
    churn: async () => {
      await other.daemon.stop();
      other = await startAgent({ gateway: gateway.facts, node: fickle }, context, NODE_ARGS);
    },
  };
}

function doorsOf([ports = []]: readonly (readonly number[])[]): Doors {
  const [echo = 0, downloads = 0, reset = 0] = ports;
  return { echo, download: downloads, reset };
}

/** Loops of traffic that end with a signal. */
class Traffic {
  readonly signal: AbortSignal;
  readonly done: Record<string, number> = {};
  readonly failures: string[] = [];
  readonly #failed = new AbortController();

  constructor(signal: AbortSignal) {
    this.signal = AbortSignal.any([signal, this.#failed.signal]);
  }

  start({ steady, fickle, churn }: World): Promise<void>[] {
    const slowly = { everyMs: 200, signal: this.signal };
    const fast = { everyMs: 1, signal: this.signal };
    return [
      this.#loop("bodies echoed", () => echoBody(steady.echo)),
      this.#loop("bodies echoed", () => echoBody(steady.echo)),
      this.#loop("bodies downloaded", () => download(steady.download)),
      // These connections must live to the end.
      ...Array.from({ length: 4 }, () => this.#try("long talks", () => talk(steady.echo, slowly))),
      ...Array.from({ length: 4 }, () => this.#try("busy talks", () => talk(steady.echo, fast))),
      this.#loop("broken by the caller", () => abandon(steady.echo), 100),
      this.#loop("broken by the container", () => beReset(steady.reset), 100),
      this.#loop("tries at a node that comes and goes", () => tolerate(() => echoBody(fickle.echo)), 50),
      this.#loop("returns of a node", () => this.#churn(fickle, churn), CHURN_MS),
    ];
  }

  async #loop(name: string, work: () => Promise<unknown>, pauseMs = 0): Promise<void> {
    while (!this.signal.aborted) {
      await this.#try(name, work);
      await delay(pauseMs, undefined, { signal: this.signal }).catch(() => undefined);
    }
  }

  async #try(name: string, work: () => Promise<unknown>): Promise<void> {
    try {
      await work();
      this.done[name] = (this.done[name] ?? 0) + 1;
    } catch (error) {
      this.failures.push(`${name}: ${error instanceof Error ? error.message : String(error)}`);
      this.#failed.abort();
    }
  }

  async #churn({ echo }: Doors, churn: () => Promise<void>): Promise<void> {
    await churn();
    const end = performance.now() + BACK_MS;
    while (performance.now() < end)
      if (await tolerate(() => echoBody(echo))) return;
      else await delay(ASK_AGAIN_MS);
    throw new SoakError(`A node that came back did not serve within ${BACK_MS / 1_000} s.`);
  }
}

/** Its node may go at any time and break connections; those that ended well must have carried everything. */
async function tolerate(work: () => Promise<unknown>): Promise<boolean> {
  try {
    await work();
    return true;
  } catch (error) {
    if (error instanceof SoakError && !(error instanceof NobodyThere)) throw error;
    return false;
  }
}
