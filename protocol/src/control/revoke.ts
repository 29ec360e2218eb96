import { type Stream } from "@libp2p/interface";
import { errorFromWire } from "../errors/index.ts";
import { type Revoked, revokeResponseSchema } from "../messages/index.ts";
import { FramedStream } from "../streams/index.ts";
import { type SignedRevocation } from "../typed-data/index.ts";

/**
 * Delivers a revocation.
 *
 * @param stream Fresh stream of protocol `/fizz/revoke/1.0.0`.
 * @returns The node's receipt, not checked yet.
 * @throws ProtocolError what the node answered; STREAM_CLOSED, TIMEOUT
 */
export async function sendRevocation(
  stream: Stream,
  signed: SignedRevocation,
  signal: AbortSignal,
): Promise<Revoked> {
  const framed = new FramedStream(stream);
  try {
    await framed.write({ signed }, signal);
    const response = await framed.require(revokeResponseSchema, signal);
    if (response.type === "error") throw errorFromWire(response.error);
    return { receipt: response.receipt, ended: response.ended };
  } finally {
    await framed.close();
  }
}
