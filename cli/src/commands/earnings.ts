import { ProtocolError } from "@fizz/protocol/errors";
import { type EarningsDay } from "@fizz/protocol/messages";
import { type Command } from "commander";
import { parseId } from "../arguments.ts";
import { type Token, tokenAt } from "../chain/tokens.ts";
import { flagsOf, type Shell } from "../command.ts";
import { type HistoryOptions, wantsJson, withHistoryOptions } from "../history/history-options.ts";
import { checkPage, tellPage } from "../history/tell-page.ts";
import { showAmount } from "../output/format.ts";
import { formatTable } from "../output/table.ts";
import { pageOf } from "../page-options.ts";

interface Options extends HistoryOptions {
  readonly node?: bigint;
  readonly subnet?: bigint;
}

export function addEarnings(parent: Command, shell: Shell): void {
  const command = parent
    .command("earnings")
    .description("list what a node or a subnet earned by day (UTC), the newest first; by the gateway's word")
    .option("--node <id>", "of this node", parseId)
    .option("--subnet <id>", "of this subnet", parseId);
  withHistoryOptions(command).action(async (options: Options, own: Command) => {
    await shell.run(flagsOf(own), async (context) => {
      const { node, subnet } = options;
      if ((node === undefined) === (subnet === undefined))
        throw new ProtocolError("USAGE", "Name one of --node and --subnet.");
      const query = {
        ...(node !== undefined && { nodeId: node.toString() }),
        ...(subnet !== undefined && { subnetId: subnet.toString() }),
        ...pageOf(options),
      };
      const page = await (await context.gateway()).earnings(query, context.signal);
      await checkPage(context, page);
      const chain = await context.chain();
      const tokens = new Map<string, Token>();
      for (const address of new Set(page.days.map(({ token }) => token)))
        tokens.set(address, await tokenAt(chain, address));
      tellPage(context, page, {
        json: wantsJson(options),
        table: () =>
          formatTable(
            ["DAY", "EARNED", "COLLECTED", "SETTLEMENTS", "FINAL"],
            page.days.map((day) => rowOf(day, tokens.get(day.token))),
          ),
      });
    });
  });
}

function rowOf({ day, released, collected, settlements, last }: EarningsDay, token?: Token): string[] {
  const told = (amount: bigint): string =>
    token === undefined ? amount.toString() : showAmount(amount, token);
  return [day, told(released), told(collected), `${settlements}`, last.final ? "yes" : "not yet"];
}
