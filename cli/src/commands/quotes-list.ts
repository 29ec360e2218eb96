import { type Command } from "commander";
import { parseId, parseWait } from "../arguments.ts";
import { flagsOf, type Shell } from "../command.ts";
import { noQuotes } from "../deployment/choose-quote.ts";
import { printRanking, printRefusals } from "../output/print-ranking.ts";
import { askForManifest, verifyRound } from "../quotes/quote-round.ts";
import { writeQuotes } from "../quotes/quotes-file.ts";

interface Options {
  readonly node?: bigint;
  readonly wait?: number;
  readonly json?: string;
  readonly force?: boolean;
}

export function addQuotesList(parent: Command, shell: Shell): void {
  parent
    .command("list")
    .description("ask who would run a manifest, and at what price; nothing is leased")
    .argument("<manifest>", "the manifest, YAML")
    .option("--node <id>", "only this node", parseId)
    .option("--wait <duration>", "time to wait while nobody bids", parseWait)
    .option("--json <file>", "keep question and answer for `quotes explain`; - is stdout")
    .option("--force", "replace that file")
    .action(async (file: string, options: Options, command: Command) => {
      await shell.run(flagsOf(command), async (context) => {
        const { terminal } = context;
        const round = await askForManifest(context, file, {
          nodeId: options.node,
          waitSeconds: options.wait,
        });
        if (options.json !== undefined)
          await writeQuotes(terminal, { file: options.json, replace: options.force === true, round });
        if (round.response.quotes.length === 0) throw noQuotes(round.response, [], round.order.openPart);
        printRefusals(terminal, round.response.refusals);
        if (options.json === "-") return;
        const { explained, token } = await verifyRound(context, round);
        printRanking(terminal, explained, token);
        if (!explained.holds)
          terminal.warn("the ranking is not what the published formula gives: see what differs above.");
      });
    });
}
