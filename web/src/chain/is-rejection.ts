import { BaseError, UserRejectedRequestError } from "viem";

const USER_REJECTED_CODE = 4_001;

/** Whether the owner of the wallet said no: the one failure after which nothing can have been sent. */
export function isRejection(error: unknown): boolean {
  if (error instanceof BaseError)
    return error.walk((cause) => cause instanceof UserRejectedRequestError) !== null;
  return (error as { code?: unknown } | null)?.code === USER_REJECTED_CODE;
}
