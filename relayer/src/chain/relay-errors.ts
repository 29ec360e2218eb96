import { explainRevert, fizzForwarderAbi } from "@fizz/protocol/chain";
import { ProtocolError } from "@fizz/protocol/errors";
import { BaseError, decodeErrorResult, ExecutionRevertedError, type Hex, isHex, RpcRequestError } from "viem";
import { type Refusal } from "../request-ports.ts";

/** What nodes say of a call that the contract itself broke off, besides a revert. */
const BROKEN_OFF = /revert|invalid opcode|invalid ?fe ?opcode|out of ?gas|gas required exceeds/i;

const OUT_OF_GAS: Refusal = {
  code: "REQUEST_INVALID",
  message: "The call does not end within the gas that the request names. Sign it with more.",
};

/** Whether the call was run, and refused. Everything else says nothing about the call. */
export function isExecutionFailure(error: unknown): boolean {
  if (!(error instanceof BaseError)) return false;
  if (error.walk((cause) => cause instanceof ExecutionRevertedError) !== null) return true;
  return revertDataOf(error) !== undefined || (isRpcAnswer(error) && BROKEN_OFF.test(textOf(error)));
}

/** Whether the RPC answered, and said no. */
export function isRpcAnswer(error: unknown): boolean {
  return error instanceof BaseError && error.walk((cause) => cause instanceof RpcRequestError) !== null;
}

/** What the RPC said, on one line. */
export function textOf(error: unknown): string {
  if (!(error instanceof BaseError)) return String(error);
  const answer = error.walk((cause) => cause instanceof RpcRequestError);
  return answer instanceof RpcRequestError ? answer.details : error.shortMessage;
}

/** Why the called contract refuses. */
export function refusalOfCall(error: unknown): Refusal {
  const explained = explainRevert(error);
  if (explained !== undefined) return { code: explained.code, message: explained.message };
  if (/gas|opcode/i.test(textOf(error))) return OUT_OF_GAS;
  return { code: "TX_REVERTED", message: "The contract refuses the call without a reason." };
}

/** Why the forwarder refuses a request whose call would be done. */
export function refusalOfForwarder(error: unknown): Refusal {
  switch (forwarderError(error)) {
    case "ERC2771ForwarderExpiredRequest":
      return { code: "REQUEST_EXPIRED", message: "The request's deadline is over. Sign it again." };
    case "ERC2771ForwarderInvalidSigner":
      return {
        code: "REQUEST_OUT_OF_ORDER",
        message: "The forwarder does not take the signature: the signer's nonce moved. Sign it again.",
      };
    case "ERC2771UntrustfulTarget":
      return { code: "REQUEST_NOT_ALLOWED", message: "The called contract does not trust the forwarder." };
    case undefined:
    default:
      return OUT_OF_GAS;
  }
}

function forwarderError(error: unknown): string | undefined {
  const data = revertDataOf(error);
  if (data === undefined) return undefined;
  try {
    return decodeErrorResult({ abi: fizzForwarderAbi, data }).errorName;
  } catch {
    return undefined;
  }
}

function revertDataOf(error: unknown): Hex | undefined {
  if (!(error instanceof BaseError)) return undefined;
  let found: Hex | undefined;
  error.walk((cause) => {
    const data: unknown = (cause as { data?: unknown } | null)?.data;
    if (isHex(data) && data.length >= 10) found = data;
    return false;
  });
  return found;
}

/** Translates what is no answer about a call. */
export function unreachable(cause: unknown): ProtocolError {
  if (cause instanceof ProtocolError) return cause;
  return new ProtocolError("CHAIN_UNREACHABLE", "The chain's RPC does not answer the gateway.", { cause });
}
