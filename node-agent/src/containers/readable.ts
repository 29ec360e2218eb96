import { Readable } from "node:stream";
import { ProtocolError } from "@fizz/protocol/errors";

/** dockerode types its streams by an old interface; they are node:stream's. @throws ProtocolError ENGINE_FAILED */
export function readable(stream: unknown): Readable {
  if (stream instanceof Readable) return stream;
  throw new ProtocolError("ENGINE_FAILED", "The Docker Engine gave no stream.");
}
