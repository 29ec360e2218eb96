import { ProtocolError } from "@fizz/protocol/errors";

/** Code of the ProtocolError that a promise is rejected with; the error itself when it is another one. */
export async function codeOf(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error instanceof ProtocolError ? error.code : error;
  }
  return "(no error)";
}
