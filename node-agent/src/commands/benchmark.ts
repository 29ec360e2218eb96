import { toWire } from "@fizz/protocol/messages";
import { cpuTierOf, overclaimsOf, overclaimText, scoreOf } from "../domain/measurement.ts";
import { claimedResources } from "../share-of-machine.ts";
import { type CommandContext, requireIdentity } from "./context.ts";
import { measureMachine } from "./measure.ts";
import { measurementLines } from "./print-capacity.ts";

/** Measures the machine, keeps the figures, and tells them. */
export async function benchmark(context: CommandContext, { json }: { json: boolean }): Promise<number> {
  const { config, print, log } = context;
  const identity = await requireIdentity(context);
  log.info({ event: "node.measuring" }, "Measuring; the machine should have nothing else to do.");
  const measured = await measureMachine(context, identity);
  if (json) {
    print(toWire({ ...measured, score: scoreOf(measured), cpuTier: cpuTierOf(measured)?.index ?? 0 }));
    return 0;
  }
  for (const line of measurementLines(measured, config.FIZZ_NODE_BANDWIDTH_MBPS)) print(line);
  const above = overclaimsOf(claimedResources(config), measured);
  if (above.length > 0) print(`Claim      more than there is: ${overclaimText(above)}`);
  return 0;
}
