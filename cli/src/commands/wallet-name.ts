import { ProtocolError } from "@fizz/protocol/errors";

/** The name given either way. @throws ProtocolError USAGE when it is missing, or given twice and different. */
export function walletName(argument: string | undefined, option: string | undefined): string {
  if (argument !== undefined && option !== undefined && argument !== option)
    throw new ProtocolError("USAGE", `Two names are given: ${argument} and ${option}.`);
  const name = argument ?? option;
  if (name === undefined) throw new ProtocolError("USAGE", "The name of the wallet is missing.");
  return name;
}
