import { ProtocolError } from "@fizz/protocol/errors";
import { askNewPassword, requireLongPassword } from "@fizz/protocol/keystore";
import { type Terminal } from "../output/terminal.ts";

/** Where passwords come from: FIZZ_WALLET_PASSWORD, or a prompt in a terminal. */
export interface PasswordSource {
  readonly terminal: Terminal;
  readonly walletPassword: string | undefined;
}

/** @throws ProtocolError WALLET_MISSING where there is neither. */
export async function askPassword(source: PasswordSource, wallet: string): Promise<string> {
  if (source.walletPassword !== undefined) return source.walletPassword;
  requireTerminal(source, wallet);
  return await source.terminal.askSecret(`Password of wallet "${wallet}"`);
}

/** @throws ProtocolError USAGE when it is too short or typed differently; WALLET_MISSING where there is no source. */
export async function chooseNewPassword(source: PasswordSource, wallet: string): Promise<string> {
  if (source.walletPassword !== undefined) return requireLongPassword(source.walletPassword);
  requireTerminal(source, wallet);
  return await askNewPassword((question) => source.terminal.askSecret(question), `wallet "${wallet}"`);
}

function requireTerminal({ terminal }: PasswordSource, wallet: string): void {
  if (terminal.interactive) return;
  const message = `Wallet "${wallet}" needs its password, and nobody can be asked here. Set FIZZ_WALLET_PASSWORD.`;
  throw new ProtocolError("WALLET_MISSING", message);
}
