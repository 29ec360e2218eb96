import { isRunning } from "./ask-gateway.ts";
import { type CommandContext, type CommandOptions } from "./context.ts";
import { gatewayKeyOf } from "./gateway-key.ts";

/**
 * Gives the gateway's key another password. The key stays the same, and with it all that is sealed under it.
 *
 * @throws ProtocolError as KeptKey.changePassword
 */
export async function changePassword(
  context: CommandContext,
  { newPasswordFile }: Pick<CommandOptions, "newPasswordFile">,
): Promise<number> {
  const { print } = context;
  const config = context.readConfig();
  const key = gatewayKeyOf(context, config);
  await key.changePassword(newPasswordFile);
  print(`The gateway key in ${key.path} has its new password. Copies of that file keep the old one.`);
  const file = config.passwordFile;
  if (file !== undefined) print(`Put the new password into ${file} before the next start.`);
  // The password is changed by then: nothing that a gateway answers makes that fail.
  if (await isRunning(config.dataDir).catch(() => true))
    print("The gateway that runs here goes on with the key that it has opened: it needs no restart.");
  return 0;
}
