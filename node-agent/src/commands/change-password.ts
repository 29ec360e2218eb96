import { ProtocolError } from "@fizz/protocol/errors";
import { askNewPassword, openKey, requireLongPassword } from "@fizz/protocol/keystore";
import { replaceKeyFile } from "../store/operator-key.ts";
import { readPasswordFile } from "../store/password-file.ts";
import { findAgent } from "./ask-agent.ts";
import { type CommandContext, keyFileOf, passwordOf, requireKeystore, sealSurely } from "./context.ts";

export interface ChangePasswordOptions {
  /** File with the new password; undefined: whoever sits at the terminal is asked. */
  readonly newPasswordFile: string | undefined;
}

/**
 * Gives the operator key another password, at the same cost of scrypt. The key stays the same, and with it all that is
 * sealed under it. The file is replaced as a whole, or stays.
 *
 * @throws ProtocolError WALLET_REJECTED when the old password is wrong, USAGE when the new one is too short or mistyped,
 * CONFIG_INVALID, STORE_FAILED
 */
export async function changePassword(
  context: CommandContext,
  options: ChangePasswordOptions,
): Promise<number> {
  const { config, print } = context;
  const path = keyFileOf(config);
  const keystore = requireKeystore(config);
  const key = await openKey(keystore, await passwordOf(context));
  const password = await newPassword(context, options);
  replaceKeyFile(path, await sealSurely(key, password, { cost: keystore.crypto.kdfparams }));
  print(`The operator key in ${path} has its new password. Copies of that file keep the old one.`);
  const file = config.FIZZ_NODE_PASSWORD_FILE;
  if (file !== undefined) print(`Put the new password into ${file} before the next start.`);
  if (await isAgentRunning(config.FIZZ_NODE_DATA_DIR))
    print("The agent that runs here goes on with the key that it has opened: it needs no restart.");
  return 0;
}

/** Not from FIZZ_NODE_PASSWORD_FILE: that is the old one. */
async function newPassword(
  { askSecret }: CommandContext,
  { newPasswordFile }: ChangePasswordOptions,
): Promise<string> {
  if (newPasswordFile !== undefined) return requireLongPassword(readPasswordFile(newPasswordFile));
  if (askSecret !== undefined) return await askNewPassword(askSecret, "the operator key");
  const message =
    "Nobody can be asked for the new password here: --new-password-file FILE (mode 0600) names it.";
  throw new ProtocolError("CONFIG_INVALID", message);
}

/** The password is changed by then: nothing that an agent answers makes that fail. */
async function isAgentRunning(dataDir: string): Promise<boolean> {
  try {
    return (await findAgent(dataDir)) !== undefined;
  } catch {
    return true;
  }
}
