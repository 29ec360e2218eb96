import { type ProtocolError } from "@fizz/protocol/errors";
import { type LinkEnd } from "../ports.ts";

/** Why a link ended, by the error that it ended with. */
export function linkEndOf({ code }: ProtocolError): LinkEnd {
  if (code === "LINK_VIOLATION") return "violation";
  return code === "TIMEOUT" ? "silence" : "closed";
}
