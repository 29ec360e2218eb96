import { explainRevert } from "@fizz/protocol/chain";
import { type ErrorCode, ProtocolError } from "@fizz/protocol/errors";
import { BaseError, HttpRequestError, InsufficientFundsError, TimeoutError } from "viem";
import { isRejection } from "./is-rejection.ts";

/** What a person is told about something that went wrong. */
export interface DescribedError {
  readonly code: ErrorCode;
  readonly title: string;
  readonly message: string;
  /** The person's own decision: no alarm. */
  readonly isNeutral: boolean;
}

/** Turns whatever was thrown into sentences. viem's own messages carry kilobytes of call data and are never shown. */
export function describeError(error: unknown): DescribedError {
  if (isRejection(error))
    return {
      code: "WALLET_REJECTED",
      title: "Cancelled in the wallet",
      message: "Nothing was sent.",
      isNeutral: true,
    };
  if (error instanceof ProtocolError) return alarm(error.code, "That did not work", error.message);
  const revert = explainRevert(error);
  if (revert !== undefined) return alarm(revert.code, "The contract would refuse this", revert.message);
  if (error instanceof BaseError) return describeChainError(error);
  return alarm("INTERNAL", "Something unexpected happened", "Reload the page; nothing is lost by that.");
}

function describeChainError(error: BaseError): DescribedError {
  if (error.walk((cause) => cause instanceof InsufficientFundsError) !== null) {
    const message = "The wallet does not hold enough for the amount and the gas. Send some to it first.";
    return alarm("INSUFFICIENT_FUNDS", "Not enough in the wallet", message);
  }
  const isAway =
    error.walk((cause) => cause instanceof HttpRequestError || cause instanceof TimeoutError) !== null;
  if (isAway) return alarm("CHAIN_UNREACHABLE", "The chain does not answer", "Try again in a moment.");
  return alarm("TX_REVERTED", "The chain refused", error.shortMessage);
}

function alarm(code: ErrorCode, title: string, message: string): DescribedError {
  return { code, title, message, isNeutral: false };
}
