import { type StoreFault } from "./commit-messages.ts";

/** Primary result codes of SQLite that speak of the file itself: SQLITE_CORRUPT, SQLITE_NOTADB. */
const DAMAGE_CODES = new Set([11, 26]);
const PRIMARY_CODE = 0xff;

/**
 * A state that this agent must not use. The thread that writes the state throws it, too, which has no ProtocolError: what
 * that class needs takes 16 MiB in each thread.
 */
export class UnusableState extends Error {
  /** @param reason Without a full stop. */
  constructor(reason: string) {
    super(reason);
    this.name = "UnusableState";
  }
}

/** Sorts an error of node:sqlite. Never has values of a statement in it. */
export function faultOf(error: unknown): StoreFault {
  if (error instanceof UnusableState) return { isDamage: true, message: error.message };
  const { errcode } = error as { readonly errcode?: unknown };
  const isDamage = typeof errcode === "number" && DAMAGE_CODES.has(errcode & PRIMARY_CODE);
  const text = error instanceof Error ? error.message : String(error);
  const message = typeof errcode === "number" ? `${text} (SQLite ${errcode})` : text;
  return { isDamage, message: isDamage ? `it is damaged: ${message}` : message };
}
