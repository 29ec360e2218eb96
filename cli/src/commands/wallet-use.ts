import { type Command } from "commander";
import { flagsOf, type Shell } from "../command.ts";
import { walletName } from "./wallet-name.ts";

export function addWalletUse(parent: Command, shell: Shell): void {
  parent
    .command("use")
    .description("use a stored wallet from now on")
    .argument("[name]", "name of the wallet")
    .option("--name <name>", "the same")
    .action(async (argument: string | undefined, options: { readonly name?: string }, command: Command) => {
      await shell.run(flagsOf(command), async (context) => {
        const { name, keystore } = await context.wallets.require(walletName(argument, options.name));
        await context.configFile.change((config) => ({ ...config, currentWallet: name }));
        context.terminal.done(`Wallet "${name}" (${keystore.address}) is in use`);
        if (context.settings.privateKey !== undefined)
          context.terminal.warn("FIZZ_PRIVATE_KEY is set and wins");
      });
    });
}
