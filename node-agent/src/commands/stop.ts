import { setTimeout as sleep } from "node:timers/promises";
import { ProtocolError } from "@fizz/protocol/errors";
import { type StopTimes } from "../owner-ports.ts";
import { askAgent, findAgent } from "./ask-agent.ts";
import { type CommandContext } from "./context.ts";

const LOOK_EVERY_MS = 500;

export interface StopOptions {
  readonly now: boolean;
  /** Seconds, as it was typed; undefined for no limit. */
  readonly within: string | undefined;
  readonly wait: boolean;
  readonly json: boolean;
}

/**
 * Ends the running agent: when its last lease is over, after a time, or at once. Containers that still run then go on
 * running, as after a crash, and the next start finds them.
 */
export async function stop({ config, print, signal }: CommandContext, options: StopOptions): Promise<number> {
  const dataDir = config.FIZZ_NODE_DATA_DIR;
  const withinSeconds = options.now ? 0 : secondsOf(options.within);
  const agent = await findAgent(dataDir);
  const body = { withinSeconds };
  const times = (await askAgent(dataDir, { method: "POST", path: "/stop", body })) as StopTimes;
  const leases = agent?.leases ?? null;
  if (options.json) print(JSON.stringify({ event: "node.stopping", ...times, leases }));
  else for (const line of linesOf(times, leases, withinSeconds === 0)) print(line);
  if (options.wait && (await hasEnded(dataDir, signal)) && !options.json) print("The agent has ended.");
  return 0;
}

/** False when the signal came first. */
async function hasEnded(dataDir: string, signal: AbortSignal): Promise<boolean> {
  while (!signal.aborted && (await findAgent(dataDir)) !== undefined) await sleep(LOOK_EVERY_MS);
  return !signal.aborted;
}

function secondsOf(text: string | undefined): number | null {
  if (text === undefined) return null;
  const seconds = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isNaN(seconds)) throw new ProtocolError("USAGE", "--within takes a whole number of seconds.");
  return seconds;
}

function linesOf({ deadline, since }: StopTimes, leases: number | null, atOnce: boolean): string[] {
  const running = leases === null ? "leases that run" : `${leases} leases`;
  const after =
    leases === 0
      ? []
      : [
          "Containers of leases that still run then go on running and earning, but nobody sees to them: no restart, no",
          "update, no new door. Start the agent again before they end, or their tenants may report the node as gone.",
        ];
  if (atOnce) return [`The agent ends now; ${running} are left as they are.`, ...after];
  const end =
    deadline === null
      ? `It ends when ${leases === 0 ? "no quote of it can be taken any more" : `${running} are over`}.`
      : `It ends with its last lease, at the latest at ${new Date(Math.max(deadline, since)).toISOString()}.`;
  return [`The agent takes no new orders. ${end}`, ...(deadline === null ? [] : after)];
}
