import { join } from "node:path";
import { ProtocolError } from "@fizz/protocol/errors";
import { type Logger } from "../../ports.ts";
import { type CertificateBook } from "./certificate-book.ts";
import { GivenCertificates, type GivenLook } from "./given-certificates.ts";
import { type KeyPair } from "./key-pair.ts";
import { selfSignedPair } from "./self-signed.ts";

/** Interval at which the folder and the age of the gateway's own certificate are looked at. */
const LOOK_EVERY_MS = 60_000;
/** Files that one message names. */
const MAX_NAMED_FILES = 16;

export interface CertificateKeeperComponents {
  readonly logger: Logger;
  /** Where it puts the given certificates. */
  readonly book: CertificateBook;
}

export interface CertificateKeeperInit {
  /** Folder of what this program makes. */
  readonly folder: string;
  readonly domain: string;
  /** Folder of the operator's certificates. */
  readonly given: string | undefined;
  readonly lookEveryMs?: number;
}

/** A folder of certificates that was found to be whole. */
interface Checked {
  readonly given: GivenCertificates | undefined;
  readonly pairs: readonly KeyPair[];
}

/** Keeps certificates ready: the operator's, and a self-signed one for everything else. */
export class CertificateKeeper {
  readonly #book: CertificateBook;
  readonly #logger: Logger;
  readonly #init: CertificateKeeperInit;
  #given: GivenCertificates | undefined;
  #checked: Checked | undefined;
  #default: KeyPair | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(components: CertificateKeeperComponents, init: CertificateKeeperInit) {
    this.#book = components.book;
    this.#logger = components.logger;
    this.#init = init;
    if (init.given !== undefined) this.#given = new GivenCertificates(init.given);
  }

  /**
   * @param onRenewed Called with a new certificate for names that have no other.
   * @returns The one to begin with.
   */
  async start(onRenewed: (pair: KeyPair) => void): Promise<KeyPair> {
    const first = await this.#look();
    this.#timer = setInterval(() => {
      const before = this.#default;
      const renew = async (): Promise<void> => {
        const pair = await this.#look();
        if (pair.cert !== before?.cert) onRenewed(pair);
      };
      renew().catch((error: unknown) => {
        this.#logger.error({ event: "certificates.failed", error }, "The certificates cannot be kept.");
      });
    }, this.#init.lookEveryMs ?? LOOK_EVERY_MS);
    return first;
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /**
   * Reads a folder of given certificates, for `take` to use.
   *
   * @throws ProtocolError CONFIG_INVALID with the files that are no certificates.
   */
  check(folder: string | undefined): void {
    const given = folder === undefined ? undefined : new GivenCertificates(folder);
    const { pairs = [], problems } = given?.look() ?? { problems: [] };
    if (problems.length > 0) throw unusable(problems);
    this.#checked = { given, pairs };
  }

  /** Shows what was checked last, instead of the given certificates that it had. */
  take(): void {
    if (this.#checked === undefined) return;
    const { given, pairs } = this.#checked;
    this.#checked = undefined;
    this.#given = given;
    this.#use(pairs);
  }

  async #look(): Promise<KeyPair> {
    this.#readGiven();
    const { folder, domain } = this.#init;
    this.#default = await selfSignedPair({ path: join(folder, "self-signed"), domain, now: Date.now() });
    return this.#default;
  }

  #readGiven(): void {
    const { pairs, problems } = this.#given?.look() ?? { pairs: undefined, problems: [] };
    for (const { file, error } of problems)
      this.#logger.warn({ event: "certificate.unreadable", file, error }, "A given certificate is not used.");
    if (pairs !== undefined) this.#use(pairs);
  }

  #use(pairs: readonly KeyPair[]): void {
    this.#book.replaceGiven(pairs);
    this.#logger.info(
      { event: "certificates.read", count: pairs.length },
      "The given certificates are in use.",
    );
  }
}

function unusable(problems: GivenLook["problems"]): ProtocolError {
  const named = problems.slice(0, MAX_NAMED_FILES).map(({ file, error }) => `${file}: ${textOf(error)}`);
  const more = problems.length > named.length ? [`and ${problems.length - named.length} more`] : [];
  const lines = ["Given certificates cannot be used:", ...named, ...more];
  return new ProtocolError("CONFIG_INVALID", lines.join("\n  "));
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
