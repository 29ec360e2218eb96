import { sealKey } from "@fizz/protocol/keystore";
import { type Command } from "commander";
import { type Hex } from "viem";
import { generatePrivateKey } from "viem/accounts";
import { flagsOf, type Shell } from "../command.ts";
import { type Context } from "../context.ts";
import { chooseNewPassword } from "../wallet/passwords.ts";
import { walletName } from "./wallet-name.ts";

interface Options {
  readonly name?: string;
  readonly json?: boolean;
}

export function addWalletCreate(parent: Command, shell: Shell): void {
  parent
    .command("create")
    .description("make a new wallet, encrypted with a password, and use it")
    .argument("[name]", "name of the wallet")
    .option("--name <name>", "the same")
    .option("--json", "as one line of JSON")
    .action(async (argument: string | undefined, options: Options, command: Command) => {
      await shell.run(flagsOf(command), async (context) => {
        const name = walletName(argument, options.name);
        await storeWallet(context, { name, privateKey: generatePrivateKey(), json: options.json === true });
      });
    });
}

interface NewWallet {
  readonly name: string;
  readonly privateKey: Hex;
  readonly json: boolean;
}

/** Encrypts a key, stores it and makes it the current wallet. The password is asked only for a free name. */
export async function storeWallet(context: Context, { name, privateKey, json }: NewWallet): Promise<void> {
  const { terminal } = context;
  await context.wallets.requireFree(name);
  const source = { terminal, walletPassword: context.settings.walletPassword };
  const keystore = await sealKey(privateKey, await chooseNewPassword(source, name));
  await context.wallets.add({ name, keystore });
  await context.configFile.change((config) => ({ ...config, currentWallet: name }));
  terminal.done(
    `Wallet "${name}" is stored and in use. Without its password nobody can open it, you neither.`,
  );
  if (json) terminal.json({ name, address: keystore.address });
  else terminal.data(`${name} ${keystore.address}`);
}
