import { type Command } from "commander";
import { flagsOf, type Shell } from "../command.ts";

export function addWalletCurrent(parent: Command, shell: Shell): void {
  parent
    .command("current")
    .description("show which wallet is used, and where it comes from")
    .option("--json", "as one line of JSON")
    .action(async (options: { readonly json?: boolean }, command: Command) => {
      await shell.run(flagsOf(command), async (context) => {
        const { address, source } = await context.wallet();
        if (options.json === true) context.terminal.json({ address, source });
        else context.terminal.data(`${address} (${source})`);
      });
    });
}
