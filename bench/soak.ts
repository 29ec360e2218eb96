/**
 * `npm run soak -- --minutes 30`: mixed traffic through the doors of a gateway, and a node that comes and goes. Exits
 * with 1 when a byte is lost, memory grows, or a stream, socket or timer is left at the end.
 */
import { parseArgs } from "node:util";
import { runMain } from "../scripts/lib/run-main.ts";
import { createTempDir } from "../scripts/lib/temp-dir.ts";
import { wholeNumber } from "./lib/options.ts";
import { runSoak } from "./lib/soak/run-soak.ts";

const MAX_MINUTES = 7 * 24 * 60;
const SECONDS_PER_MINUTE = 60;
const MAX_GROWTH = 0.1;

await runMain(async ({ cleanup, signal }) => {
  const { values } = parseArgs({ options: { minutes: { type: "string", default: "30" } } });
  const minutes = wholeNumber("minutes", values.minutes, MAX_MINUTES);
  const { path: dir } = cleanup.use("folder", await createTempDir("soak"));
  const init = { seconds: minutes * SECONDS_PER_MINUTE, maxGrowth: MAX_GROWTH };
  const { done, failures, notes } = await runSoak(init, { dir, signal }, cleanup);
  for (const [name, count] of Object.entries(done)) process.stdout.write(`${count} ${name}\n`);
  for (const line of notes) process.stdout.write(`${line}\n`);
  for (const line of failures) process.stdout.write(`failed: ${line}\n`);
  return failures.length === 0 ? 0 : 1;
});
