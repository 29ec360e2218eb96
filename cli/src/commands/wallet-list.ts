import { type Command } from "commander";
import { flagsOf, type Shell } from "../command.ts";
import { formatTable } from "../output/table.ts";

export function addWalletList(parent: Command, shell: Shell): void {
  parent
    .command("list")
    .alias("ls")
    .description("list the stored wallets")
    .option("--json", "as one line of JSON")
    .action(async (options: { readonly json?: boolean }, command: Command) => {
      await shell.run(flagsOf(command), async (context) => {
        const { currentWallet } = await context.config();
        const wallets = (await context.wallets.list()).map(({ name, keystore }) => ({
          name,
          address: keystore.address,
          current: name === currentWallet,
        }));
        if (options.json === true) context.terminal.json(wallets);
        else if (wallets.length === 0)
          context.terminal.note("no wallets; make one with `fizz wallet create NAME`");
        else
          context.terminal.stdout(
            formatTable(
              ["NAME", "ADDRESS", "IN USE"],
              wallets.map(({ name, address, current }) => [name, address, current ? "yes" : ""]),
            ),
          );
      });
    });
}
