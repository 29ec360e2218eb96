import { createHash } from "node:crypto";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

/** Longer paths do not fit into a socket's address. */
const MAX_SOCKET_PATH = 100;

/** Where the operator's commands reach a running daemon. */
export const OPERATOR_SOCKET = "operator.sock";

/** Where a socket of a data folder is: in it, or under the temporary folder when that path is too long. */
export function socketPathOf(directory: string, name: string): string {
  const folder = resolve(directory);
  const path = join(folder, name);
  if (Buffer.byteLength(path) <= MAX_SOCKET_PATH) return path;
  const digest = createHash("sha256").update(folder).digest("hex").slice(0, 24);
  return join(tmpdir(), `fizz-${digest}-${name}`);
}
