import { type HistoryEvent } from "@fizz/protocol/messages";
import { type Command } from "commander";
import { parseId } from "../arguments.ts";
import { tokenAt } from "../chain/tokens.ts";
import { flagsOf, type Shell } from "../command.ts";
import { type HistoryOptions, wantsJson, withHistoryOptions } from "../history/history-options.ts";
import { checkPage, tellPage } from "../history/tell-page.ts";
import { showAmount, showTime } from "../output/format.ts";
import { formatTable } from "../output/table.ts";
import { pageOf } from "../page-options.ts";

interface Options extends HistoryOptions {
  readonly lid: bigint;
}

/** Told once for the lease, or by the column before. */
const KNOWN = new Set(["lid", "nodeId", "tenant", "leaseHash", "subnetId"]);

export function addLeaseHistory(parent: Command, shell: Shell): void {
  const command = parent
    .command("history")
    .description("list what the chain says of a lease, its oldest event first; by the gateway's word")
    .requiredOption("--lid <id>", "number of the lease", parseId);
  withHistoryOptions(command).action(async (options: Options, own: Command) => {
    await shell.run(flagsOf(own), async (context) => {
      const gateway = await context.gateway();
      const page = await gateway.leaseHistory(options.lid, pageOf(options), context.signal);
      await checkPage(context, page);
      const { lease, events } = page;
      const token = await tokenAt(await context.chain(), lease.token);
      const told = (amount: bigint): string => showAmount(amount, token);
      tellPage(context, page, {
        json: wantsJson(options),
        table: () =>
          [
            `  Lease ${lease.lid} (${lease.state}) of ${lease.tenant} on node ${lease.nodeId}: `,
            `${told(lease.paid)} paid, ${told(lease.refunded)} given back, ${told(lease.balance)} left\n`,
            formatTable(["TIME", "BLOCK", "EVENT", "WITH"], events.map(rowOf)),
          ].join(""),
      });
    });
  });
}

function rowOf({ time, block, final, event, args }: HistoryEvent): string[] {
  const words = Object.entries(args).filter(([name]) => !KNOWN.has(name));
  const text = words.map(([name, value]) => `${name} ${value}`).join(", ");
  return [showTime(time * 1_000), `${block}${final ? "" : " (not final)"}`, event, text];
}
