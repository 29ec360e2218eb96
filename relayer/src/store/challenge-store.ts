import { type Hex } from "viem";
import { type Challenge, type ChallengeStore } from "../certificate-ports.ts";
import { GONE_AFTER_MS } from "../domain/sharing-rules.ts";
import { sql } from "./drizzle.ts";
import { Sealer } from "./sealer.ts";
import { type RowStore, rowsIn } from "./sql-rows.ts";

/** Challenges that are read; there are as many as orders at once, and those of a process that is gone. */
const MAX_CHALLENGES = 64;
/** Longer than one order may take. */
const OUTLIVED_AFTER = "10 minutes";
const MS_PER_SECOND = 1_000;

export interface ChallengeStoreInit {
  /** It seals the answers: a row that somebody else wrote is not answered. */
  readonly operatorKey: Hex;
  readonly processId: string;
}

/** Challenges of pending orders in a table that all processes read. */
export class SqlChallengeStore implements ChallengeStore {
  readonly #store: RowStore;
  readonly #sealer: Sealer;
  readonly #processId: string;

  constructor(store: RowStore, { operatorKey, processId }: ChallengeStoreInit) {
    this.#store = store;
    this.#sealer = new Sealer(operatorKey);
    this.#processId = processId;
  }

  async add({ name, token, answer }: Challenge): Promise<void> {
    await rowsIn(
      this.#store,
      sql`DELETE FROM certificate_challenges WHERE shown_at < clock_timestamp() - ${OUTLIVED_AFTER}::interval`,
    );
    const sealed = this.#sealer.seal(placeOf(name, token), answer);
    await rowsIn(
      this.#store,
      sql`INSERT INTO certificate_challenges (token, name, sealed, readers)
        VALUES (${token}, ${name}, ${sealed}, ARRAY[${this.#processId}]::text[])
        ON CONFLICT (token) DO UPDATE SET name = excluded.name, sealed = excluded.sealed,
          readers = excluded.readers, shown_at = clock_timestamp()`,
    );
  }

  async remove(token: string): Promise<void> {
    await rowsIn(this.#store, sql`DELETE FROM certificate_challenges WHERE token = ${token}`);
  }

  async read(): Promise<Challenge[]> {
    const rows = await rowsIn(
      this.#store,
      sql`SELECT token, name, sealed FROM certificate_challenges
        WHERE shown_at > clock_timestamp() - ${OUTLIVED_AFTER}::interval ORDER BY shown_at DESC LIMIT ${MAX_CHALLENGES}`,
    );
    return rows.flatMap((row) => {
      const [name, token] = [String(row["name"]), String(row["token"])];
      try {
        return [{ name, token, answer: this.#sealer.open(placeOf(name, token), String(row["sealed"])) }];
      } catch {
        // Nobody who has the operator key wrote it.
        return [];
      }
    });
  }

  async markRead(tokens: readonly string[]): Promise<void> {
    if (tokens.length === 0) return;
    await rowsIn(
      this.#store,
      sql`UPDATE certificate_challenges SET readers = array_append(readers, ${this.#processId})
        WHERE token IN (SELECT jsonb_array_elements_text(${JSON.stringify(tokens)}::jsonb))
          AND NOT ${this.#processId} = ANY (readers)`,
    );
  }

  async unread(token: string): Promise<number> {
    const [row] = await rowsIn(
      this.#store,
      sql`SELECT count(*)::float8 AS total FROM processes p, certificate_challenges c
        WHERE c.token = ${token} AND NOT p.id = ANY (c.readers)
          AND p.beat_at > clock_timestamp() - make_interval(secs => ${GONE_AFTER_MS / MS_PER_SECOND})`,
    );
    return Number(row?.["total"] ?? 0);
  }
}

function placeOf(name: string, token: string): string {
  return `certificate_challenges/${name}/${token}`;
}
