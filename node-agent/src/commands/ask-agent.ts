import { ProtocolError } from "@fizz/protocol/errors";
import { askOperatorSocket, OPERATOR_SOCKET, type OperatorQuestion, socketPathOf } from "@fizz/protocol/node";
import { type AgentStatus } from "../owner-ports.ts";

/**
 * Asks the agent that runs on a data folder.
 *
 * @throws ProtocolError NODE_UNREACHABLE when none does, or what it answers
 */
export async function askAgent(dataDir: string, question: OperatorQuestion): Promise<unknown> {
  const socketPath = socketPathOf(dataDir, OPERATOR_SOCKET);
  return await askOperatorSocket(socketPath, question, (cause) => {
    const message = `No agent runs on ${dataDir}, or it belongs to another account (${socketPath}).`;
    return new ProtocolError("NODE_UNREACHABLE", message, { cause });
  });
}

/** What the running agent says of itself; undefined when none runs here. @throws ProtocolError what it answers */
export async function findAgent(dataDir: string): Promise<AgentStatus | undefined> {
  try {
    // The socket's other end is this same program.
    return (await askAgent(dataDir, { method: "GET", path: "/status" })) as AgentStatus;
  } catch (error) {
    if (error instanceof ProtocolError && error.code === "NODE_UNREACHABLE") return undefined;
    throw error;
  }
}
