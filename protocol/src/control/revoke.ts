import { type Stream } from "@libp2p/interface";
import { type Revoked, revokeResponseSchema } from "../messages/index.ts";
import { type SignedRevocation } from "../typed-data/index.ts";
import { askNode } from "./ask-node.ts";

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
  const question = { message: { signed }, answer: revokeResponseSchema };
  const { receipt, ended } = await askNode(stream, question, signal);
  return { receipt, ended };
}
