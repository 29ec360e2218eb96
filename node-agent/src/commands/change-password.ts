import { findAgent } from "./ask-agent.ts";
import { type CommandContext, operatorKeyOf } from "./context.ts";

export interface ChangePasswordOptions {
  /** File with the new password; undefined: whoever sits at the terminal is asked. */
  readonly newPasswordFile: string | undefined;
}

/**
 * Gives the operator key another password. The key stays the same, and with it all that is sealed under it.
 *
 * @throws ProtocolError as KeptKey.changePassword
 */
export async function changePassword(
  context: CommandContext,
  options: ChangePasswordOptions,
): Promise<number> {
  const { config, print } = context;
  const key = operatorKeyOf(context);
  await key.changePassword(options.newPasswordFile);
  print(`The operator key in ${key.path} has its new password. Copies of that file keep the old one.`);
  const file = config.FIZZ_NODE_PASSWORD_FILE;
  if (file !== undefined) print(`Put the new password into ${file} before the next start.`);
  if (await isAgentRunning(config.FIZZ_NODE_DATA_DIR))
    print("The agent that runs here goes on with the key that it has opened: it needs no restart.");
  return 0;
}

/** The password is changed by then: nothing that an agent answers makes that fail. */
async function isAgentRunning(dataDir: string): Promise<boolean> {
  try {
    return (await findAgent(dataDir)) !== undefined;
  } catch {
    return true;
  }
}
