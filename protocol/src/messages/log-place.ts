import { type LogLine } from "./control.ts";
import { MAX_LOG_CURSORS, readLogCursor } from "./log-cursor.ts";

/** Where a reader of logs is: what it asks with after a lost connection, so that nothing is lost and nothing comes twice. */
export class LogPlace {
  readonly #newest = new Map<string, string>();

  /** @returns False for a line that only says where the reader is: there is nothing to show. */
  note({ cursor, mark }: Pick<LogLine, "cursor" | "mark">): boolean {
    const source = readLogCursor(cursor)?.source ?? "";
    this.#newest.delete(source);
    this.#newest.set(source, cursor);
    for (const oldest of this.#newest.keys()) {
      if (this.#newest.size <= MAX_LOG_CURSORS) break;
      this.#newest.delete(oldest);
    }
    return mark !== true;
  }

  /** For LogsQuery; undefined at the beginning. */
  get after(): { readonly after?: string[] } {
    return this.#newest.size === 0 ? {} : { after: [...this.#newest.values()] };
  }
}
