import {
  type CertificateRevisions,
  type Challenge,
  type ChallengeStore,
  type ServedNames,
  type StoredCertificates,
} from "../certificate-ports.ts";
import { type Logger } from "../ports.ts";
import { Coalesced } from "./coalesced.ts";

/** Interval at which the store is looked at, in case that nothing told of a change. */
const LOOK_EVERY_MS = 5_000;
const MS_PER_SECOND = 1_000;

export interface ShownCertificatesComponents {
  readonly stored: StoredCertificates;
  readonly challenges: Pick<ChallengeStore, "read" | "markRead">;
  /** Where this process answers challenges. */
  readonly desk: { show(challenge: Challenge): () => void };
  readonly names: Pick<ServedNames, "all" | "show" | "hide">;
  readonly logger: Logger;
}

/** Shows in this process what is stored, whichever process ordered it, and answers the challenges of pending orders. */
export class ShownCertificates {
  readonly #components: ShownCertificatesComponents;
  readonly #looks = new Coalesced(() => this.#look());
  readonly #lookEveryMs: number;
  /** End of each that is shown, Unix milliseconds. */
  readonly #ends = new Map<string, number>();
  /** By token. */
  readonly #answered = new Map<string, () => void>();
  #revisions: CertificateRevisions | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(components: ShownCertificatesComponents, lookEveryMs = LOOK_EVERY_MS) {
    this.#components = components;
    this.#lookEveryMs = lookEveryMs;
  }

  /** Resolves when all is shown that could be read. */
  async start(): Promise<void> {
    this.#timer = setInterval(this.ask, this.#lookEveryMs);
    this.ask();
    await this.settled();
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#looks.settled();
    for (const hide of this.#answered.values()) hide();
    this.#answered.clear();
  }

  /** Something may have changed. */
  readonly ask = (): void => {
    this.#looks.ask();
  };

  /** Resolves when what was asked is done. */
  async settled(): Promise<void> {
    await this.#looks.settled();
  }

  /** Certificates that are shown, and the soonest end of those in use, Unix seconds. */
  counts(): { readonly shown: number; readonly soonestEnd: number | undefined } {
    const used = this.#components.names.all().flatMap(({ name }) => this.#ends.get(name) ?? []);
    const soonest = used.reduce((least, end) => Math.min(least, end), Infinity);
    return {
      shown: this.#ends.size,
      soonestEnd: used.length === 0 ? undefined : Math.floor(soonest / MS_PER_SECOND),
    };
  }

  async #look(): Promise<void> {
    const { stored, logger } = this.#components;
    try {
      // First: an authority waits for these.
      await this.#answer();
      const revisions = await stored.revisions(this.#revisions);
      if (revisions !== undefined) await this.#take(revisions);
    } catch (error) {
      const fields = { event: "certificates.unread", error };
      logger.debug(fields, "Certificates of the store are read later; what is shown stays.");
    }
  }

  async #take(revisions: CertificateRevisions): Promise<void> {
    const { stored, names } = this.#components;
    const before = this.#revisions;
    const changed = [...revisions].filter(([name, revision]) => before?.get(name) !== revision);
    for (const certificate of await stored.read(changed.map(([name]) => name))) {
      names.show(certificate);
      this.#ends.set(certificate.name, certificate.notAfter);
    }
    for (const name of this.#ends.keys())
      if (!revisions.has(name)) {
        names.hide(name);
        this.#ends.delete(name);
      }
    this.#revisions = revisions;
  }

  async #answer(): Promise<void> {
    const { challenges, desk } = this.#components;
    const pending = await challenges.read();
    const tokens = new Set(pending.map(({ token }) => token));
    for (const [token, hide] of this.#answered)
      if (!tokens.has(token)) {
        hide();
        this.#answered.delete(token);
      }
    const fresh = pending.filter(({ token }) => !this.#answered.has(token));
    for (const challenge of fresh) this.#answered.set(challenge.token, desk.show(challenge));
    await challenges.markRead(fresh.map(({ token }) => token));
  }
}
