import { explainRevert } from "@fizz/protocol/chain";
import { ProtocolError } from "@fizz/protocol/errors";
import {
  BaseError,
  HttpRequestError,
  InsufficientFundsError,
  RpcRequestError,
  TimeoutError,
  WebSocketRequestError,
} from "viem";

/** What viem threw, as an error with a code and a sentence. */
export function chainError(error: unknown): ProtocolError {
  if (error instanceof ProtocolError) return error;
  const revert = explainRevert(error);
  if (revert !== undefined)
    return new ProtocolError(revert.code, revert.message, { cause: error, details: { revert: revert.name } });
  if (!(error instanceof BaseError))
    return new ProtocolError("INTERNAL", "The chain's client failed.", { cause: error });
  if (has(error, InsufficientFundsError) || /insufficient funds/i.test(error.details)) {
    const message = "The wallet does not hold enough for the transaction's value and its gas.";
    return new ProtocolError("INSUFFICIENT_FUNDS", message, { cause: error });
  }
  if (isUnreachable(error))
    return new ProtocolError("CHAIN_UNREACHABLE", "The chain's RPC does not answer.", { cause: error });
  return new ProtocolError("TX_REVERTED", `The chain refused: ${error.shortMessage}`, { cause: error });
}

function isUnreachable(error: BaseError): boolean {
  if (has(error, RpcRequestError)) return false;
  return has(error, HttpRequestError) || has(error, TimeoutError) || has(error, WebSocketRequestError);
}

function has(error: BaseError, type: new (...args: never[]) => Error): boolean {
  return error.walk((cause) => cause instanceof type) instanceof type;
}
