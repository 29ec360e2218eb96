import { ProtocolError } from "../../errors/index.ts";

/** How a peer can break the rules of a tunnel link. */
export type Violation =
  | "unknown-frame"
  | "frame-too-large"
  | "wrong-length"
  | "wrong-direction"
  | "unknown-channel"
  | "channel-in-use"
  | "too-many-channels"
  | "wrong-state"
  | "credit-overrun"
  | "credit-overflow"
  | "malformed-refusal"
  | "does-not-read";

/** The error that a link ends with. */
export function violation(kind: Violation, text: string): ProtocolError {
  return new ProtocolError("LINK_VIOLATION", `The peer broke the rules of the tunnel link: ${text}`, {
    details: { violation: kind },
  });
}
