import { generatePrivateKey } from "viem/accounts";
import { ControlSession } from "./control-session.ts";
import { findNodeAddress, type NodeToReach } from "./find-node-address.ts";

/**
 * Reaches a node end to end with a key of this moment, for what needs no name: it is signed or sealed itself.
 *
 * @throws ProtocolError as findNodeAddress; NODE_UNREACHABLE, and what the node answers
 */
export async function carryToNode<Answer>(
  target: NodeToReach,
  carry: (session: ControlSession) => Promise<Answer>,
): Promise<Answer> {
  const session = new ControlSession({ privateKey: generatePrivateKey() }, () => findNodeAddress(target));
  try {
    return await carry(session);
  } finally {
    await session.close();
  }
}
