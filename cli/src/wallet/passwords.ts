import { ProtocolError } from "@fizz/protocol/errors";
import { type Terminal } from "../output/terminal.ts";

const MIN_PASSWORD_LENGTH = 8;

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
  const password = source.walletPassword ?? (await typeTwice(source, wallet));
  if (password.length < MIN_PASSWORD_LENGTH)
    throw new ProtocolError("USAGE", `A wallet password has at least ${MIN_PASSWORD_LENGTH} characters.`);
  return password;
}

async function typeTwice(source: PasswordSource, wallet: string): Promise<string> {
  requireTerminal(source, wallet);
  const first = await source.terminal.askSecret(`New password of wallet "${wallet}"`);
  const second = await source.terminal.askSecret("The same again");
  if (first !== second) throw new ProtocolError("USAGE", "The two passwords differ.");
  return first;
}

function requireTerminal({ terminal }: PasswordSource, wallet: string): void {
  if (terminal.interactive) return;
  const message = `Wallet "${wallet}" needs its password, and nobody can be asked here. Set FIZZ_WALLET_PASSWORD.`;
  throw new ProtocolError("WALLET_MISSING", message);
}
