import { ProtocolError } from "@fizz/protocol/errors";
import type { SQL } from "drizzle-orm";
import { type Hex } from "viem";
import { z } from "zod";
import {
  type CertificateRevisions,
  type CertificateShelf,
  type OrderDraft,
  type OrderedCertificate,
  type StoredCertificates,
} from "../certificate-ports.ts";
import { type OrderHistory, readOrderHistory } from "../domain/order-history.ts";
import { type Logger } from "../ports.ts";
import { sql } from "./drizzle.ts";
import { Sealer } from "./sealer.ts";
import { type RowStore, rowsIn } from "./sql-rows.ts";

/** Certificates that are read, of those that were stored last. */
const MAX_CERTIFICATES = 20_000;
/** Authorities forget an order that nobody goes on with after a week or so. */
const DRAFT_LASTS = "7 days";

const sealedCertificateSchema = z.object({ cert: z.string(), key: z.string(), directory: z.string() });
const draftSchema = z.object({ url: z.string(), key: z.string(), directory: z.string() });

type Parts = Pick<OrderedCertificate, "name" | "cert" | "key" | "directory">;

export interface CertificateStoreInit {
  /** It seals what is kept: whoever reads or writes the database gets no key of a certificate, and can show none. */
  readonly operatorKey: Hex;
  readonly logger: Logger;
  /** Reads a certificate. @throws ProtocolError CONFIG_INVALID */
  readonly certificateOf: (parts: Parts) => OrderedCertificate;
}

/** Ordered certificates and orders in tables of the gateway's store. */
export class CertificateStore implements CertificateShelf, StoredCertificates {
  readonly #store: RowStore;
  readonly #init: CertificateStoreInit;
  readonly #sealer: Sealer;

  constructor(store: RowStore, init: CertificateStoreInit) {
    this.#store = store;
    this.#init = init;
    this.#sealer = new Sealer(init.operatorKey);
  }

  async load(): Promise<{ readonly certificates: OrderedCertificate[]; readonly history: OrderHistory }> {
    const rows = await this.#rows(
      sql`SELECT name, sealed FROM certificates ORDER BY revision DESC LIMIT ${MAX_CERTIFICATES}`,
    );
    const [state] = await this.#rows(sql`SELECT history FROM certificate_state`);
    const none = { begun: [], failures: new Map() };
    const kept = state?.["history"] ?? undefined;
    const history = kept === undefined ? none : this.#orTell("orders", () => readOrderHistory(kept));
    return { certificates: this.#certificates(rows), history: history ?? none };
  }

  async revisions(before: CertificateRevisions | undefined): Promise<CertificateRevisions | undefined> {
    const newest = Math.max(0, ...(before?.values() ?? []));
    const [head] = await this.#rows(
      sql`SELECT coalesce(max(revision), 0)::float8 AS newest, count(*)::float8 AS total FROM certificates`,
    );
    if (before !== undefined && head?.["newest"] === newest && head["total"] === before.size)
      return undefined;
    const rows = await this.#rows(sql`
      SELECT name, revision::float8 AS revision FROM certificates
      ORDER BY certificates.revision DESC LIMIT ${MAX_CERTIFICATES}`);
    return new Map(rows.map((row) => [String(row["name"]), Number(row["revision"])]));
  }

  async read(names: readonly string[]): Promise<OrderedCertificate[]> {
    if (names.length === 0) return [];
    const rows = await this.#rows(sql`
      SELECT c.name, c.sealed FROM certificates c
      JOIN jsonb_array_elements_text(${JSON.stringify(names)}::jsonb) AS n (name) ON n.name = c.name`);
    return this.#certificates(rows);
  }

  async save({ name, cert, key, directory }: OrderedCertificate): Promise<void> {
    const sealed = this.#sealer.seal(placeOf(name), JSON.stringify({ cert, key, directory }));
    await this.#store.run((database) =>
      database.transaction(async (transaction) => {
        await transaction.execute(sql`
          INSERT INTO certificates (name, sealed) VALUES (${name}, ${sealed})
          ON CONFLICT (name) DO UPDATE
          SET sealed = excluded.sealed, revision = nextval('certificate_revisions')`);
        await transaction.execute(sql`DELETE FROM certificate_orders WHERE name = ${name}`);
      }),
    );
  }

  async remove(name: string): Promise<void> {
    await this.#rows(sql`DELETE FROM certificates WHERE name = ${name}`);
    await this.dropDraft(name);
  }

  async saveHistory({ begun, failures }: OrderHistory): Promise<void> {
    const history = JSON.stringify({ begun, failures: [...failures] });
    await this.#rows(sql`
      INSERT INTO certificate_state (history) VALUES (${history}::jsonb)
      ON CONFLICT (single) DO UPDATE SET history = excluded.history`);
  }

  async draftOf(name: string): Promise<OrderDraft | undefined> {
    const [row] = await this.#rows(sql`SELECT sealed FROM certificate_orders WHERE name = ${name}`);
    if (row === undefined) return undefined;
    return this.#orTell(orderPlaceOf(name), () =>
      draftSchema.parse(JSON.parse(this.#sealer.open(orderPlaceOf(name), String(row["sealed"])))),
    );
  }

  async saveDraft(name: string, { url, key, directory }: OrderDraft): Promise<void> {
    const sealed = this.#sealer.seal(orderPlaceOf(name), JSON.stringify({ url, key, directory }));
    await this.#rows(sql`
      DELETE FROM certificate_orders WHERE begun_at < clock_timestamp() - ${DRAFT_LASTS}::interval`);
    await this.#rows(sql`
      INSERT INTO certificate_orders (name, sealed) VALUES (${name}, ${sealed})
      ON CONFLICT (name) DO UPDATE SET sealed = excluded.sealed, begun_at = clock_timestamp()`);
  }

  async dropDraft(name: string): Promise<void> {
    await this.#rows(sql`DELETE FROM certificate_orders WHERE name = ${name}`);
  }

  /**
   * The key of the account at the authority: of all processes the one that was first.
   *
   * @param make A new one, when there is none, or none that can be read: certificates do not depend on it.
   */
  async accountKey(make: () => string): Promise<string> {
    const place = "certificate_state/account";
    const [row] = await this.#rows(sql`SELECT account FROM certificate_state`);
    const kept = row?.["account"];
    const known =
      typeof kept === "string" ? this.#orTell(place, () => this.#sealer.open(place, kept)) : undefined;
    if (known !== undefined) return known;
    const sealed = this.#sealer.seal(place, make());
    const old = typeof kept === "string" ? kept : null;
    const [now] = await this.#rows(sql`
      INSERT INTO certificate_state AS s (account) VALUES (${sealed})
      ON CONFLICT (single) DO UPDATE SET account =
        CASE WHEN s.account IS NOT DISTINCT FROM ${old}::text THEN excluded.account ELSE s.account END
      RETURNING account`);
    return this.#sealer.open(place, String(now?.["account"]));
  }

  #certificates(rows: readonly Readonly<Record<string, unknown>>[]): OrderedCertificate[] {
    return rows.flatMap((row) => {
      const name = String(row["name"]);
      const read = (): OrderedCertificate => {
        const text = this.#sealer.open(placeOf(name), String(row["sealed"]));
        return this.#init.certificateOf({ name, ...sealedCertificateSchema.parse(JSON.parse(text)) });
      };
      return this.#orTell(placeOf(name), read) ?? [];
    });
  }

  /** What is broken is ordered, or counted, anew. */
  #orTell<T>(row: string, read: () => T): T | undefined {
    try {
      return read();
    } catch (cause) {
      const error = new ProtocolError("STORE_FAILED", `${row} cannot be used.`, { cause });
      this.#init.logger.warn({ event: "certificate.broken", row, error }, "A stored row is left out.");
      return undefined;
    }
  }

  async #rows(statement: SQL): Promise<readonly Readonly<Record<string, unknown>>[]> {
    return await rowsIn(this.#store, statement);
  }
}

function placeOf(name: string): string {
  return `certificates/${name}`;
}

function orderPlaceOf(name: string): string {
  return `certificate_orders/${name}`;
}
