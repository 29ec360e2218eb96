import { ProtocolError } from "@fizz/protocol/errors";
import { type ControlAuth, controlAuthSchema, fromWire } from "@fizz/protocol/messages";

const SCHEME = "Fizz ";
/** Longest header value, in characters; a grant with its proof takes about 1,200. */
const MAX_AUTHORIZATION_LENGTH = 8_192;

/**
 * Reads `Authorization: Fizz <base64url of JSON ControlAuth>`.
 *
 * @throws ProtocolError SESSION_NOT_PROVEN without one; INPUT_INVALID when it cannot be read.
 */
export function readAuthorization(header: string | undefined): ControlAuth {
  if (header?.startsWith(SCHEME) !== true)
    throw new ProtocolError(
      "SESSION_NOT_PROVEN",
      'Send "Authorization: Fizz <base64url of the session grant>".',
    );
  if (header.length > MAX_AUTHORIZATION_LENGTH)
    throw new ProtocolError(
      "INPUT_TOO_LARGE",
      `The authorization is longer than ${MAX_AUTHORIZATION_LENGTH}.`,
    );
  return fromWire(controlAuthSchema, parseJson(header.slice(SCHEME.length)));
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(Buffer.from(text, "base64url").toString("utf8")) as unknown;
  } catch (cause) {
    throw new ProtocolError("INPUT_INVALID", "The authorization is not base64url of JSON.", { cause });
  }
}
