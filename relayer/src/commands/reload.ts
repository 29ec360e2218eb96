import { z } from "zod";
import { askGateway } from "./ask-gateway.ts";
import { type CommandContext, type CommandOptions } from "./context.ts";

const names = z.array(z.string());
const reportSchema = z.object({ changed: names, needsRestart: names, failed: names });

/** Lets the running gateway read its configuration anew. Exit code 1 when a part could not take its settings. */
export async function reload(
  { readConfig, print }: CommandContext,
  { json }: Pick<CommandOptions, "json">,
): Promise<number> {
  const answer = await askGateway(readConfig().dataDir, { method: "POST", path: "/reload" });
  const report = reportSchema.parse(answer);
  const listOf = (items: readonly string[]): string => (items.length === 0 ? "nothing" : items.join(", "));
  if (json) print(JSON.stringify(report));
  else {
    print(`Changed: ${listOf(report.changed)}`);
    if (report.needsRestart.length > 0) print(`Holds after a restart: ${listOf(report.needsRestart)}`);
    if (report.failed.length > 0)
      print(`Failed, and goes on as before: ${listOf(report.failed)}; see the log.`);
  }
  return report.failed.length === 0 ? 0 : 1;
}
