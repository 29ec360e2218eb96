import { createSecureContext, type SecureContext } from "node:tls";
import { wildcardOf } from "../domain/host-names.ts";
import { type KeyPair, readFacts } from "./key-pair.ts";

export const MIN_TLS_VERSION = "TLSv1.2";
/** Who vouches for a certificate: the operator's come before those that were asked for. */
export type Source = "given" | "acme";

interface Entry {
  readonly context: SecureContext;
  readonly notAfter: number;
}

/** Which certificate is shown for which server name. */
export class CertificateBook {
  readonly #bySource: Record<Source, Map<string, Entry>> = { given: new Map(), acme: new Map() };

  /** Takes the pairs of a source instead of what it had. Of two for a name, the one that lasts longer is shown. */
  replace(source: Source, pairs: readonly KeyPair[]): void {
    const entries = new Map<string, Entry>();
    for (const pair of pairs) {
      const { names, notAfter } = readFacts(pair.cert);
      const entry = { context: createSecureContext({ ...pair, minVersion: MIN_TLS_VERSION }), notAfter };
      for (const name of names) if ((entries.get(name)?.notAfter ?? 0) < notAfter) entries.set(name, entry);
    }
    this.#bySource[source] = entries;
  }

  /** @param name As `hostOf` gives it. @returns undefined when there is none but the default. */
  find(name: string): SecureContext | undefined {
    const { given, acme } = this.#bySource;
    const wildcard = wildcardOf(name);
    return (given.get(name) ?? given.get(wildcard) ?? acme.get(name))?.context;
  }

  /** Whether the operator gave a certificate for a name. */
  isGiven(name: string): boolean {
    const { given } = this.#bySource;
    return given.has(name) || given.has(wildcardOf(name));
  }
}
