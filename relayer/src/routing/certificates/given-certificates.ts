import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { createSecureContext } from "node:tls";
import { ProtocolError } from "@fizz/protocol/errors";
import { type KeyPair, readFacts } from "./key-pair.ts";

/** Pairs read from the folder, and bytes of one file. */
const MAX_PAIRS = 1_000;
const MAX_FILE_BYTES = 256 * 1024;
const CERTIFICATE_FILE = /\.(?:crt|pem)$/;

interface Known {
  readonly stamp: string;
  readonly pair: KeyPair | undefined;
}

/** A look at the folder. */
export interface GivenLook {
  /** The pairs, when anything is new since the last look. */
  readonly pairs: readonly KeyPair[] | undefined;
  /** Files that are no pair, each told once. */
  readonly problems: readonly { readonly file: string; readonly error: unknown }[];
}

/** Certificates that the operator put into a folder: `NAME.crt` or `NAME.pem` with `NAME.key`. */
export class GivenCertificates {
  readonly #folder: string;
  #known = new Map<string, Known>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** A pair that is broken now goes on as it was. */
  look(): GivenLook {
    const problems: { file: string; error: unknown }[] = [];
    const found = new Map<string, Known>();
    let isNew = false;
    try {
      for (const file of this.#files()) {
        const known = this.#known.get(file);
        const stamp = this.#stampOf(file);
        if (known?.stamp === stamp) {
          found.set(file, known);
          continue;
        }
        isNew = true;
        try {
          found.set(file, { stamp, pair: this.#read(file) });
        } catch (error) {
          problems.push({ file, error });
          found.set(file, { stamp, pair: known?.pair });
        }
      }
    } catch (error) {
      return { pairs: undefined, problems: [{ file: this.#folder, error }] };
    }
    isNew ||= found.size !== this.#known.size;
    this.#known = found;
    return { pairs: isNew ? [...found.values()].flatMap(({ pair }) => pair ?? []) : undefined, problems };
  }

  #files(): string[] {
    const files = readdirSync(this.#folder).filter((file) => CERTIFICATE_FILE.test(file));
    return files.toSorted().slice(0, MAX_PAIRS);
  }

  #stampOf(file: string): string {
    return [file, keyFileOf(file)]
      .map((name) => {
        const stat = statSync(join(this.#folder, name), { throwIfNoEntry: false });
        return `${stat?.mtimeMs ?? "none"}/${stat?.size ?? 0}`;
      })
      .join(" ");
  }

  #read(file: string): KeyPair {
    const pair = { cert: this.#text(file), key: this.#text(keyFileOf(file)) };
    readFacts(pair.cert);
    try {
      createSecureContext(pair);
    } catch (cause) {
      throw new ProtocolError("CONFIG_INVALID", "The key does not belong to the certificate.", { cause });
    }
    return pair;
  }

  #text(file: string): string {
    const path = join(this.#folder, file);
    if ((statSync(path, { throwIfNoEntry: false })?.size ?? Infinity) > MAX_FILE_BYTES)
      throw new ProtocolError("CONFIG_INVALID", `${path} is missing or too large.`);
    return readFileSync(path, "utf8");
  }
}

function keyFileOf(file: string): string {
  return file.replace(CERTIFICATE_FILE, ".key");
}
