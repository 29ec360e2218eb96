import { ProtocolError } from "@fizz/protocol/errors";
import { keystoreSchema, openKey } from "@fizz/protocol/keystore";
import { bytes32Schema } from "@fizz/protocol/messages";
import { type Command } from "commander";
import { type Hex } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { flagsOf, type Shell } from "../command.ts";
import { type Context } from "../context.ts";
import { readJsonFile } from "../files.ts";
import { askPassword } from "../wallet/passwords.ts";
import { storeWallet } from "./wallet-create.ts";
import { walletName } from "./wallet-name.ts";

interface Options {
  readonly name?: string;
  readonly privateKey?: string;
  readonly keystore?: string;
  readonly json?: boolean;
}

export function addWalletImport(parent: Command, shell: Shell): void {
  parent
    .command("import")
    .description("store a key that you have, encrypted with a password, and use it")
    .argument("[name]", "name of the wallet")
    .option("--name <name>", "the same")
    .option(
      "--private-key <key>",
      'the key in hex; better: "-" to read it from standard input, or leave it out to type it',
    )
    .option("--keystore <file>", "a Web3 secret storage file (version 3, scrypt) of another wallet")
    .option("--json", "as one line of JSON")
    .action(async (argument: string | undefined, options: Options, command: Command) => {
      await shell.run(flagsOf(command), async (context) => {
        const name = walletName(argument, options.name);
        await context.wallets.requireFree(name);
        const privateKey = await givenKey(context, options);
        await storeWallet(context, { name, privateKey, json: options.json === true });
      });
    });
}

async function givenKey(context: Context, options: Options): Promise<Hex> {
  const { terminal } = context;
  if (options.keystore !== undefined) return await keyOfFile(context, options.keystore);
  if (options.privateKey === "-") return parseKey(await terminal.readPiped());
  if (options.privateKey !== undefined) {
    terminal.warn("a key on the command line stays in the shell's history and is seen by other processes");
    return parseKey(options.privateKey);
  }
  return parseKey(await terminal.askSecret("Private key"));
}

async function keyOfFile(context: Context, file: string): Promise<Hex> {
  const keystore = await readJsonFile(file, keystoreSchema);
  if (keystore === undefined) throw new ProtocolError("USAGE", `${file}: There is no such file.`);
  const source = { terminal: context.terminal, walletPassword: context.settings.walletPassword };
  return await openKey(keystore, await askPassword(source, file));
}

/** The message never holds what was typed. */
function parseKey(text: string): Hex {
  const parsed = bytes32Schema.safeParse(text.startsWith("0x") ? text : `0x${text}`);
  if (parsed.success && isKey(parsed.data)) return parsed.data;
  throw new ProtocolError("USAGE", "That is not a private key: 64 hex digits are.");
}

/** Zero and numbers beyond the curve's order are no keys. */
function isKey(key: Hex): boolean {
  try {
    privateKeyToAccount(key);
    return true;
  } catch {
    return false;
  }
}
