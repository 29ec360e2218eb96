import { type Command } from "commander";
import { listTokens } from "../chain/tokens.ts";
import { flagsOf, type Shell } from "../command.ts";
import { formatTable } from "../output/table.ts";

export function addPaymentTokens(parent: Command, shell: Shell): void {
  parent
    .command("tokens")
    .description("list the tokens that pay for leases")
    .option("--json", "as one line of JSON")
    .action(async (options: { readonly json?: boolean }, command: Command) => {
      await shell.run(flagsOf(command), async (context) => {
        const tokens = await listTokens(await context.chain());
        if (options.json === true) context.terminal.json(tokens);
        else
          context.terminal.stdout(
            formatTable(
              ["TOKEN", "DECIMALS", "ADDRESS"],
              tokens.map(({ symbol, decimals, address }) => [symbol, `${decimals}`, address]),
            ),
          );
      });
    });
}
