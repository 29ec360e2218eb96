import { ProtocolError } from "@fizz/protocol/errors";
import { type ExplainedRanking } from "@fizz/protocol/scores";
import { type Command } from "commander";
import { flagsOf, type Shell } from "../command.ts";
import { type Context } from "../context.ts";
import { CheckFailed } from "../output/exit-codes.ts";
import { printRanking, printRefusals } from "../output/print-ranking.ts";
import { askForManifest, type QuoteRound, verifyRound } from "../quotes/quote-round.ts";
import { readQuotes } from "../quotes/quotes-file.ts";

interface Options {
  readonly manifest?: string;
  readonly json?: boolean;
}

export function addQuotesExplain(parent: Command, shell: Shell): void {
  parent
    .command("explain")
    .description("compute a gateway's ranking again: signatures, chain, scores, tie-breaks, places")
    .argument("[file]", "what `quotes list --json` kept; - is standard input")
    .option("--manifest <file>", "ask the gateway now, for this manifest")
    .option("--json", "one line of JSON")
    .action(async (file: string | undefined, options: Options, command: Command) => {
      await shell.run(flagsOf(command), async (context) => {
        const round = await roundOf(context, file, options.manifest);
        const { explained, token } = await verifyRound(context, round);
        if (options.json === true) context.terminal.json(viewOf(explained));
        else printRanking(context.terminal, explained, token);
        printRefusals(context.terminal, round.response.refusals);
        if (explained.holds) context.terminal.done("The ranking is what the published formula gives");
        else throw wrong(explained);
      });
    });
}

async function roundOf(
  context: Context,
  file: string | undefined,
  manifest: string | undefined,
): Promise<QuoteRound> {
  if ((file === undefined) === (manifest === undefined))
    throw new ProtocolError("USAGE", "Name a file of `quotes list --json`, or --manifest FILE.");
  if (manifest !== undefined) return await askForManifest(context, manifest, { nodeId: undefined });
  return await readQuotes(context.terminal, file ?? "");
}

function wrong({ findings }: ExplainedRanking): CheckFailed {
  const errors = findings.filter(({ severity }) => severity === "error");
  const codes = [...new Set(errors.map(({ code }) => code))].join(", ");
  const message = `The gateway's ranking is not what the published formula gives: ${codes}.`;
  return new CheckFailed("RANKING_WRONG", message, { details: { findings: errors } });
}

function viewOf({ quotes, findings, holds }: ExplainedRanking): object {
  return {
    holds,
    quotes: quotes.map(({ ranked, rank, score, parts }, index) => ({
      node: Number(ranked.signed.quote.nodeId),
      rank,
      score,
      parts,
      listed: { rank: index + 1, score: ranked.score, parts: ranked.parts },
      inputs: ranked.inputs ?? null,
    })),
    findings,
  };
}
