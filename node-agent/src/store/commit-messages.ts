import { type SQLInputValue } from "node:sqlite";

/** One statement of a transaction. */
export interface Statement {
  readonly sql: string;
  readonly values: readonly SQLInputValue[];
}

/** What the thread that writes is started with. */
export interface CommitWorkerInit {
  readonly path: string;
  /** Largest database in bytes. */
  readonly maxBytes: number;
}

/** What it is asked to do, one thing after another. */
export type CommitRequest =
  { readonly type: "commit"; readonly statements: readonly Statement[] } | { readonly type: "close" };

/** A failure in words, and whether the file is the trouble or its surroundings. */
export interface StoreFault {
  readonly isDamage: boolean;
  readonly message: string;
}

/** What is done: the database is open, a transaction is on the disk, the database is closed. */
export type CommitOutcome = "ready" | "done" | "closed";

/** What it answers. The first answer says whether it could open the database. */
export type CommitReply =
  { readonly type: CommitOutcome } | { readonly type: "failed"; readonly fault: StoreFault };
