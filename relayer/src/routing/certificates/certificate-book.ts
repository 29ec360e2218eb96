import { createSecureContext, type SecureContext } from "node:tls";
import { wildcardOf } from "../domain/host-names.ts";
import { type KeyPair, readFacts } from "./key-pair.ts";

export const MIN_TLS_VERSION = "TLSv1.2";

interface Entry {
  readonly context: SecureContext;
  readonly notAfter: number;
}

/** Which certificate is shown for which server name. */
export class CertificateBook {
  #entries = new Map<string, Entry>();

  /** Takes these pairs instead of what it had. Of two for a name, the one that lasts longer is shown. */
  replace(pairs: readonly KeyPair[]): void {
    const entries = new Map<string, Entry>();
    for (const pair of pairs) {
      const { names, notAfter } = readFacts(pair.cert);
      const entry = { context: createSecureContext({ ...pair, minVersion: MIN_TLS_VERSION }), notAfter };
      for (const name of names) if ((entries.get(name)?.notAfter ?? 0) < notAfter) entries.set(name, entry);
    }
    this.#entries = entries;
  }

  /** @param name As `hostOf` gives it. @returns undefined when there is none but the default. */
  find(name: string): SecureContext | undefined {
    return (this.#entries.get(name) ?? this.#entries.get(wildcardOf(name)))?.context;
  }
}
