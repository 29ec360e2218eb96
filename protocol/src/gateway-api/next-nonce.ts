import { ProtocolError } from "../errors/index.ts";
import { MAX_WAITING_REQUESTS } from "../messages/index.ts";

/**
 * The nonce of a signer's next request, as its gateway says it: what waits there comes first, and the chain says where that
 * begins.
 *
 * @param executed What the forwarder has executed of this signer.
 * @throws ProtocolError REQUEST_OUT_OF_ORDER when that cannot be
 */
export function requireNextNonce(claimed: bigint, executed: bigint): bigint {
  if (claimed >= executed && claimed <= executed + BigInt(MAX_WAITING_REQUESTS)) return claimed;
  const message = `The gateway says that the next request has nonce ${claimed}; the chain says otherwise.`;
  throw new ProtocolError("REQUEST_OUT_OF_ORDER", message);
}
