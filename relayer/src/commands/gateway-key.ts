import { resolve } from "node:path";
import { ProtocolError } from "@fizz/protocol/errors";
import { KeptKey, ownerKey, readPasswordFile } from "@fizz/protocol/keystore";
import { type Hex } from "viem";
import { type Config } from "../config.ts";
import { type CommandContext } from "./context.ts";

export type KeyContext = Pick<CommandContext, "configFile" | "askSecret">;
export type KeySettings = Pick<Config, "keyFile" | "passwordFile">;

/** The gateway's key, in its file. */
export function gatewayKeyOf({ configFile, askSecret }: KeyContext, settings: KeySettings): KeptKey {
  const init = `npm run gateway -- init${configFile === undefined ? "" : ` --config ${configFile}`}`;
  return new KeptKey({
    name: "gateway key",
    path: resolve(settings.keyFile),
    passwordFile: settings.passwordFile,
    passwordSetting: "FIZZ_GATEWAY_PASSWORD_FILE",
    ask: askSecret,
    advice: { missing: `Make one: ${init}`, raw: `Encrypt it: ${init}` },
  });
}

/** @throws ProtocolError as KeptKey.open */
export async function openGatewayKey(context: KeyContext, settings: KeySettings): Promise<Hex> {
  return await gatewayKeyOf(context, settings).open();
}

/**
 * The subnet owner's key, opened.
 *
 * @returns Undefined where no file is named: the operator acts for itself. @throws ProtocolError as KeptKey.open
 */
export async function findOwnerKey(
  { askSecret }: KeyContext,
  { ownerKeystore, ownerPasswordFile }: Pick<Config, "ownerKeystore" | "ownerPasswordFile">,
): Promise<Hex | undefined> {
  if (ownerKeystore === undefined) return undefined;
  const key = ownerKey({
    path: resolve(ownerKeystore),
    passwordFile: ownerPasswordFile,
    passwordSetting: "FIZZ_GATEWAY_OWNER_PASSWORD_FILE",
    ask: askSecret,
  });
  return await key.open();
}

/** What keeps a gateway that is started by itself from its key, as far as that is seen without opening it. */
export function keyProblem(context: KeyContext, settings: KeySettings): string | undefined {
  try {
    gatewayKeyOf(context, settings).read();
    if (settings.passwordFile !== undefined) readPasswordFile(settings.passwordFile);
    return undefined;
  } catch (error) {
    if (error instanceof ProtocolError) return error.message;
    throw error;
  }
}
