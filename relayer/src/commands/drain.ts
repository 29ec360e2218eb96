import { setTimeout as sleep } from "node:timers/promises";
import { ProtocolError } from "@fizz/protocol/errors";
import { type OperatorStatus } from "../ports.ts";
import { askGateway, isRunning } from "./ask-gateway.ts";
import { type CommandContext, type CommandOptions } from "./context.ts";

/** Ten minutes: most connections are over by then. */
const DEFAULT_WITHIN_SECONDS = 600;
const LOOK_EVERY_MS = 500;

/** Lets the running gateway end: it takes nothing new, and ends when the last connection is over, or in time. */
export async function drain(
  { readConfig, print }: CommandContext,
  { within, wait, json }: Pick<CommandOptions, "within" | "wait" | "json">,
): Promise<number> {
  const withinSeconds = within === undefined ? DEFAULT_WITHIN_SECONDS : Number(within);
  if (!Number.isFinite(withinSeconds) || withinSeconds < 0)
    throw new ProtocolError("USAGE", "--within takes a number of seconds, 0 or more.");
  const { dataDir } = readConfig();
  const question = { method: "POST", path: "/drain", body: { withinSeconds } } as const;
  const times = (await askGateway(dataDir, question)) as NonNullable<OperatorStatus["drain"]>;
  const deadline = new Date(times.deadline).toISOString();
  print(
    json
      ? JSON.stringify({ event: "gateway.draining", ...times })
      : `The gateway takes nothing new. It ends when its connections are over, at the latest at ${deadline}.`,
  );
  if (!wait) return 0;
  while (await isRunning(dataDir)) await sleep(LOOK_EVERY_MS);
  if (!json) print("The gateway has ended.");
  return 0;
}
