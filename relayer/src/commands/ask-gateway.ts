import { ProtocolError } from "@fizz/protocol/errors";
import { askOperatorSocket, OPERATOR_SOCKET, type OperatorQuestion, socketPathOf } from "@fizz/protocol/node";

/**
 * Asks the gateway that runs on a data folder.
 *
 * @throws ProtocolError GATEWAY_UNREACHABLE when none does, or what it answers
 */
export async function askGateway(dataDir: string, question: OperatorQuestion): Promise<unknown> {
  const socketPath = socketPathOf(dataDir, OPERATOR_SOCKET);
  return await askOperatorSocket(socketPath, question, (cause) => {
    const message = `No gateway runs on ${dataDir}, or it belongs to another account (${socketPath}).`;
    return new ProtocolError("GATEWAY_UNREACHABLE", message, { cause });
  });
}

/** Whether a gateway runs on the data folder. @throws ProtocolError what it answers, when it cannot say how it is */
export async function isRunning(dataDir: string): Promise<boolean> {
  try {
    await askGateway(dataDir, { method: "GET", path: "/status" });
    return true;
  } catch (error) {
    if (error instanceof ProtocolError && error.code === "GATEWAY_UNREACHABLE") return false;
    throw error;
  }
}
