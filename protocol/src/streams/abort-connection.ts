import { type Connection } from "@libp2p/interface";

/**
 * Ends a connection at once. yamux says goodbye first, and throws when the other side was faster (libp2p 3.3): inside of
 * a listener that would end the process, though all that was wanted has happened.
 */
export function abortConnection(connection: Connection, error: Error): void {
  if (connection.status !== "open") return;
  try {
    connection.abort(error);
  } catch {
    // It is over already.
  }
}
