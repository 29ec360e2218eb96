import { ProtocolError } from "@fizz/protocol/errors";
import { BaseError, ContractFunctionZeroDataError } from "viem";

/** Translates what viem throws. The only place that knows viem's errors. */
export async function asChainCall<Result>(call: () => Promise<Result>): Promise<Result> {
  try {
    return await call();
  } catch (cause) {
    if (cause instanceof ProtocolError) throw cause;
    if (cause instanceof BaseError && cause.walk((error) => error instanceof ContractFunctionZeroDataError))
      throw new ProtocolError("CHAIN_MISMATCH", "There is no Fizz contract at the configured address.", {
        cause,
      });
    throw new ProtocolError("CHAIN_UNREACHABLE", "The chain's RPC does not answer the gateway.", { cause });
  }
}
