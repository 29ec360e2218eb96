import { Random } from "../../../support/fuzz/random.ts";
import { tenthsOf } from "../../../support/fuzz/resident-tenths.ts";
import { type FuzzTarget, forwardTarget, linkTarget } from "./link-worlds.ts";
import { answersTarget } from "./answers-target.ts";
import { hostileGatewayTarget } from "./hostile-gateway-target.ts";
import { orderTarget } from "./order-target.ts";
import { tokenTarget } from "./token-target.ts";
import { sessionTarget } from "./session-target.ts";

export const TARGETS: readonly (() => Promise<FuzzTarget>)[] = [
  sessionTarget,
  forwardTarget,
  (): Promise<FuzzTarget> => linkTarget("node"),
  (): Promise<FuzzTarget> => linkTarget("gateway"),
  orderTarget,
  tokenTarget,
  answersTarget,
  hostileGatewayTarget,
];
const WORKERS = 32;
const SAMPLES_OF_MEMORY = 200;
const MAX_FAULTS = 20;

export interface AgentFuzzReport {
  readonly faults: string[];
  /** By target. */
  readonly sent: Readonly<Record<string, number>>;
  /** Protocols to whose questions, and to whose answers, inputs were sent. */
  readonly asks: readonly string[];
  readonly answers: readonly string[];
  /** Mean resident memory of each tenth of the run, in MiB. */
  readonly residentMib: readonly number[];
}

/** Sends inputs that are almost right to a node's protocols, to the forwarding between processes, and to links. */
export async function runAgentFuzz({
  seed,
  inputs,
  first = 0,
}: {
  readonly seed: number;
  readonly inputs: number;
  readonly first?: number;
}): Promise<AgentFuzzReport> {
  const faults: string[] = [];
  const onFault = (error: unknown): void => {
    faults.push(`not handled: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
  };
  process.on("unhandledRejection", onFault).on("uncaughtException", onFault);
  const targets: FuzzTarget[] = [];
  try {
    for (const start of TARGETS) targets.push(await start());
    const sent: Record<string, number> = {};
    const memory: number[] = [];
    const every = Math.max(1, Math.floor(inputs / SAMPLES_OF_MEMORY));
    let next = first;
    const work = async (): Promise<void> => {
      for (let index = next++; index < first + inputs && faults.length < MAX_FAULTS; index = next++) {
        const random = new Random(seed, index);
        const target = random.pick(targets);
        sent[target.name] = (sent[target.name] ?? 0) + 1;
        const fault = await target.send(random).catch(String);
        if (fault !== undefined) faults.push(`input ${index} to ${target.name}: ${fault}`);
        if (index % every === 0) memory.push(residentBytes());
      }
    };
    await Promise.all(Array.from({ length: WORKERS }, work));
    for (const { name, works } of targets) {
      const why = await works().then((does) => (does ? undefined : "it says so itself"), String);
      if (why !== undefined) faults.push(`${name} does not work any more: ${why}`);
    }
    return {
      faults,
      sent,
      asks: targets.flatMap(({ asks = [] }) => asks),
      answers: targets.flatMap(({ answers = [] }) => answers),
      residentMib: tenthsOf(memory),
    };
  } finally {
    process.off("unhandledRejection", onFault).off("uncaughtException", onFault);
    for (const { stop } of targets.reverse()) await stop();
  }
}

/** Without what only waits to be collected, where node runs with `--expose-gc`. */
function residentBytes(): number {
  (globalThis as { gc?: () => void }).gc?.();
  return process.memoryUsage.rss();
}
