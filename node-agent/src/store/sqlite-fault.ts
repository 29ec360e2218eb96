import { ProtocolError } from "@fizz/protocol/errors";
import { type StoreFault } from "./commit-messages.ts";

/** Primary result codes of SQLite that speak of the file itself: SQLITE_CORRUPT, SQLITE_NOTADB. */
const DAMAGE_CODES = new Set([11, 26]);
const PRIMARY_CODE = 0xff;

/** Sorts an error of node:sqlite. Never has values of a statement in it. */
export function faultOf(error: unknown): StoreFault {
  if (error instanceof ProtocolError)
    return { isDamage: error.code === "STORE_UNUSABLE", message: error.message };
  const { errcode } = error as { readonly errcode?: unknown };
  const isDamage = typeof errcode === "number" && DAMAGE_CODES.has(errcode & PRIMARY_CODE);
  const message = error instanceof Error ? error.message : String(error);
  return { isDamage, message: typeof errcode === "number" ? `${message} (SQLite ${errcode})` : message };
}

/** STORE_UNUSABLE when the file is damaged, otherwise STORE_FAILED, which is tried again. */
export function storeError(path: string, { isDamage, message }: StoreFault): ProtocolError {
  if (isDamage) return unusable(path, `it is damaged: ${message}`);
  return new ProtocolError("STORE_FAILED", `${path} cannot be read or written: ${message}.`);
}

/** For a database that this agent must not use. @param reason Without a full stop. */
export function unusable(path: string, reason: string): ProtocolError {
  const message =
    `${path} cannot be used: ${reason}. Nothing was changed, and containers run on. ` +
    'See "The state of a node" in docs/OPERATING.md.';
  return new ProtocolError("STORE_UNUSABLE", message);
}
