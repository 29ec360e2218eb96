import { ProtocolError } from "@fizz/protocol/errors";
import { type StoreFault } from "./commit-messages.ts";

/** STORE_UNUSABLE when the file is damaged, otherwise STORE_FAILED, which is tried again. */
export function storeError(path: string, { isDamage, message }: StoreFault): ProtocolError {
  if (isDamage) return unusable(path, message);
  return new ProtocolError("STORE_FAILED", `${path} cannot be read or written: ${message}.`);
}

/** For a database that this agent must not use. @param reason Without a full stop. */
export function unusable(path: string, reason: string): ProtocolError {
  const message =
    `${path} cannot be used: ${reason}. Nothing was changed, and containers run on. ` +
    'See "The state of a node" in docs/OPERATING.md.';
  return new ProtocolError("STORE_UNUSABLE", message);
}
