import { explainRevert } from "@fizz/protocol/chain";
import { ProtocolError } from "@fizz/protocol/errors";
import { BaseError, InsufficientFundsError } from "viem";

/** The one translation of what viem throws. */
export function chainError(error: unknown, what: string): ProtocolError {
  if (error instanceof ProtocolError) return error;
  const revert = explainRevert(error);
  if (revert !== undefined)
    return new ProtocolError(revert.code, revert.message, { cause: error, details: { revert: revert.name } });
  if (error instanceof BaseError && error.walk((cause) => cause instanceof InsufficientFundsError) !== null) {
    const message = `${what}: the key has not enough coins for gas. Send some to it.`;
    return new ProtocolError("INSUFFICIENT_FUNDS", message, { cause: error });
  }
  const reason = error instanceof BaseError ? error.shortMessage : String(error);
  return new ProtocolError("CHAIN_UNREACHABLE", `${what}: ${reason}`, { cause: error });
}
