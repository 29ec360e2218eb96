import { runs } from "../domain/lease-standing.ts";
import { type OrderedCertificate, type ServedNames } from "../certificate-ports.ts";
import { type CertificateBook } from "./certificates/certificate-book.ts";
import { type HostTable } from "./host-table.ts";

/** The names of the routed doors, and what is shown for them. */
export class RoutedNames implements ServedNames {
  readonly #table: HostTable;
  readonly #book: CertificateBook;

  constructor(table: HostTable, book: CertificateBook) {
    this.#table = table;
    this.#book = book;
  }

  all(): { readonly name: string; readonly runs: boolean }[] {
    return [...this.#table.sites].map(([name, { lastState }]) => ({ name, runs: runs(lastState) }));
  }

  isGiven(name: string): boolean {
    return this.#book.isGiven(name);
  }

  show(certificate: OrderedCertificate): void {
    this.#book.show(certificate.name, certificate);
  }

  hide(name: string): void {
    this.#book.hide(name);
  }
}
