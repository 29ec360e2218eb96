import { createSecureContext, type SecureContext } from "node:tls";
import { wildcardOf } from "../domain/host-names.ts";
import { type KeyPair, readFacts } from "./key-pair.ts";

export const MIN_TLS_VERSION = "TLSv1.2";

interface Entry {
  readonly context: SecureContext;
  readonly notAfter: number;
}

/** Which certificate is shown for which server name: a given one before an ordered one. */
export class CertificateBook {
  #given = new Map<string, Entry>();
  readonly #ordered = new Map<string, SecureContext>();

  /** Takes these given pairs instead of what it had. Of two for a name, the one that lasts longer is shown. */
  replaceGiven(pairs: readonly KeyPair[]): void {
    const entries = new Map<string, Entry>();
    for (const pair of pairs) {
      const { names, notAfter } = readFacts(pair.cert);
      const entry = { context: contextOf(pair), notAfter };
      for (const name of names) if ((entries.get(name)?.notAfter ?? 0) < notAfter) entries.set(name, entry);
    }
    this.#given = entries;
  }

  /** Shows an ordered pair for its name; handshakes that are over are not touched. */
  show(name: string, pair: KeyPair): void {
    this.#ordered.set(name, contextOf(pair));
  }

  hide(name: string): void {
    this.#ordered.delete(name);
  }

  /** Whether a given certificate, or a wildcard among them, covers a name. */
  isGiven(name: string): boolean {
    return this.#findGiven(name) !== undefined;
  }

  /** @param name As `hostOf` gives it. @returns undefined when there is none but the default. */
  find(name: string): SecureContext | undefined {
    return this.#findGiven(name)?.context ?? this.#ordered.get(name);
  }

  #findGiven(name: string): Entry | undefined {
    return this.#given.get(name) ?? this.#given.get(wildcardOf(name));
  }
}

function contextOf({ cert, key }: KeyPair): SecureContext {
  return createSecureContext({ cert, key, minVersion: MIN_TLS_VERSION });
}
