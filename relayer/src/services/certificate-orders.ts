import { ProtocolError } from "@fizz/protocol/errors";
import {
  type CertificateAuthority,
  type CertificateMeter,
  type CertificateShelf,
  type OrderDraft,
  type OrderedCertificate,
  type ServedNames,
} from "../certificate-ports.ts";
import {
  afterFailure,
  afterSilence,
  boundNames,
  chooseOrders,
  type Failures,
  isOrderable,
  NO_FAILURES,
  outlived,
  recentOrders,
  renewalTime,
} from "../domain/certificate-orders.ts";
import { type Clock, type Logger } from "../ports.ts";
import { Coalesced } from "./coalesced.ts";

/** Orders under way at once. */
const AT_ONCE = 4;
/** Interval at which names and certificates are looked at. */
const LOOK_EVERY_MS = 5_000;
/** Time for one order. */
const ORDER_LIMIT_MS = 300_000;

export interface CertificateOrdersComponents {
  readonly authority: CertificateAuthority;
  readonly shelf: CertificateShelf;
  readonly names: ServedNames;
  readonly meter: CertificateMeter;
  readonly clock: Clock;
  readonly logger: Logger;
  /** False while challenges would find nobody. */
  readonly mayOrder: () => boolean;
}

export interface CertificateOrdersInit {
  /** Names that get a certificate at most. */
  readonly maxNames: number;
  readonly perHour: number;
  readonly lookEveryMs?: number;
}

/**
 * Keeps certificates of an authority ready for the names that lead to leases, and renews them in time. Of several
 * processes one does so; it can be started again after it was stopped.
 */
export class CertificateOrders {
  readonly #components: CertificateOrdersComponents;
  readonly #init: CertificateOrdersInit;
  readonly #held = new Map<string, OrderedCertificate>();
  readonly #failures = new Map<string, Failures>();
  readonly #ordering = new Map<string, Promise<void>>();
  /** Held, and not in the store yet. */
  readonly #unsaved = new Set<string>();
  readonly #looks = new Coalesced(() => this.#lookOrTell());
  #stopping = new AbortController();
  #isLoaded = false;
  #begun: number[] = [];
  #silence = NO_FAILURES;
  #leftOut = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(components: CertificateOrdersComponents, init: CertificateOrdersInit) {
    this.#components = components;
    this.#init = init;
  }

  /** To be called when the names are known that lead to leases. What was ordered before is read first. */
  start(): void {
    this.#stopping = new AbortController();
    this.#isLoaded = false;
    this.#looks.ask();
    this.#timer = setInterval(() => {
      this.#looks.ask();
    }, this.#init.lookEveryMs ?? LOOK_EVERY_MS);
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#stopping.abort();
    await this.#looks.settled();
    await Promise.all(this.#ordering.values());
    this.#leftOut = 0;
  }

  /** Names that found no place, as far as this process orders. */
  get leftOut(): number {
    return this.#leftOut;
  }

  async #lookOrTell(): Promise<void> {
    if (this.#stopping.signal.aborted) return;
    try {
      if (!this.#isLoaded) await this.#load();
      await this.#look();
    } catch (error) {
      const fields = { event: "certificate.store.failed", error };
      this.#components.logger.warn(fields, "Nothing is ordered while it could not be counted.");
    }
  }

  async #load(): Promise<void> {
    const { certificates, history } = await this.#components.shelf.load();
    this.#held.clear();
    this.#failures.clear();
    this.#unsaved.clear();
    this.#silence = NO_FAILURES;
    for (const certificate of certificates) this.#held.set(certificate.name, certificate);
    this.#begun = [...history.begun];
    for (const [name, failures] of history.failures) this.#failures.set(name, failures);
    this.#isLoaded = true;
  }

  async #look(): Promise<void> {
    const { names, clock, mayOrder } = this.#components;
    const now = clock();
    const served = names.all();
    for (const name of this.#unsaved) await this.#save(name);
    await this.#dropOutlived(new Set(served.map(({ name }) => name)), now);
    if (!mayOrder() || this.#stopping.signal.aborted) return;
    const runs = served.flatMap(({ name, runs }) => (runs && isOrderable(name) ? [name] : []));
    const open = runs.filter((name) => !names.isGiven(name));
    const bounded = boundNames(open, (name) => this.#rankOf(name), this.#init.maxNames);
    this.#leftOut = bounded.leftOut;
    this.#forgetFailures(new Set(bounded.names), now);
    const wanted = bounded.names.map((name) => ({
      name,
      renewAt: this.#renewAt(name),
      failures: this.#failures.get(name) ?? NO_FAILURES,
    }));
    this.#begun = recentOrders(this.#begun, now);
    const state = { wanted, ordering: this.#orderingNames, begun: this.#begun, silence: this.#silence, now };
    await this.#begin(chooseOrders(state, { atOnce: AT_ONCE, perHour: this.#init.perHour }));
  }

  /** Those that have a certificate, or wait for one, keep their place; then those that failed less. */
  #rankOf(name: string): number {
    const isKept = this.#held.has(name) || this.#ordering.has(name);
    return isKept ? -1 : (this.#failures.get(name) ?? NO_FAILURES).count;
  }

  get #orderingNames(): ReadonlySet<string> {
    return new Set(this.#ordering.keys());
  }

  /** One of another authority goes on, and is replaced as soon as there is a place. */
  #renewAt(name: string): number | undefined {
    const held = this.#held.get(name);
    if (held === undefined) return undefined;
    return held.directory === this.#components.authority.directory ? renewalTime(held, held.spread) : 0;
  }

  /** What cannot be counted is not ordered: after a restart it would be ordered again and again. */
  async #begin(chosen: readonly string[]): Promise<void> {
    if (chosen.length === 0) return;
    const now = this.#components.clock();
    const begun = [...this.#begun, ...chosen.map(() => now)];
    await this.#components.shelf.saveHistory({ begun, failures: this.#failures });
    this.#begun = begun;
    if (this.#stopping.signal.aborted) return;
    for (const name of chosen)
      this.#ordering.set(
        name,
        this.#order(name).finally(() => this.#ordering.delete(name)),
      );
  }

  async #order(name: string): Promise<void> {
    const { authority, shelf, meter, logger } = this.#components;
    const stopping = this.#stopping.signal;
    try {
      const limit = AbortSignal.timeout(ORDER_LIMIT_MS);
      const known = await shelf.draftOf(name);
      const keep = (draft: OrderDraft): Promise<void> => shelf.saveDraft(name, draft);
      const until = AbortSignal.any([stopping, limit]);
      const certificate = await authority.order(name, until, { known, keep });
      await this.#take(certificate);
      meter.ordered("issued");
      const end = new Date(certificate.notAfter).toISOString();
      logger.info(
        { event: "certificate.issued", name, until: end },
        "A certificate was ordered and is shown now.",
      );
    } catch (error) {
      if (!stopping.aborted) await this.#fail(name, error);
    }
  }

  async #take(certificate: OrderedCertificate): Promise<void> {
    const { name } = certificate;
    this.#silence = NO_FAILURES;
    this.#failures.delete(name);
    this.#held.set(name, certificate);
    this.#components.names.show(certificate);
    this.#unsaved.add(name);
    await this.#save(name);
    await this.#keepHistory();
  }

  /** Until it is saved, this process alone shows it. */
  async #save(name: string): Promise<void> {
    const { shelf, logger } = this.#components;
    const certificate = this.#held.get(name);
    try {
      if (certificate !== undefined) await shelf.save(certificate);
      this.#unsaved.delete(name);
    } catch (error) {
      const fields = { event: "certificate.store.failed", name, error };
      logger.error(fields, "A certificate is not in the store yet; it is tried again.");
    }
  }

  async #fail(name: string, error: unknown): Promise<void> {
    const { meter, clock, logger } = this.#components;
    const now = clock();
    const code = error instanceof ProtocolError ? error.code : undefined;
    // Neither is the name's fault. Its order goes on with the next try.
    const isSilent = code === "CA_UNREACHABLE" || code === "STORE_FAILED";
    let { retryAt } = NO_FAILURES;
    if (isSilent) {
      this.#silence = afterSilence(this.#silence, now);
      ({ retryAt } = this.#silence);
    } else {
      this.#silence = NO_FAILURES;
      const failures = afterFailure(this.#failures.get(name) ?? NO_FAILURES, now);
      this.#failures.set(name, failures);
      ({ retryAt } = failures);
      await this.#keepHistory(name);
    }
    meter.ordered(isSilent ? "unreachable" : "refused");
    const again = new Date(retryAt).toISOString();
    const fields = { event: "certificate.order.failed", name, again, error };
    logger.warn(fields, "A certificate was not given; what is shown stays.");
  }

  /** @param failed Name whose order is over. */
  async #keepHistory(failed?: string): Promise<void> {
    const { shelf, logger } = this.#components;
    try {
      await shelf.saveHistory({ begun: this.#begun, failures: this.#failures });
      if (failed !== undefined) await shelf.dropDraft(failed);
    } catch (error) {
      const fields = { event: "certificate.store.failed", error };
      logger.error(fields, "How an order ended is forgotten when another process goes on.");
    }
  }

  async #dropOutlived(routed: ReadonlySet<string>, now: number): Promise<void> {
    const { shelf, names, logger } = this.#components;
    const isRouted = (name: string): boolean => routed.has(name) || this.#ordering.has(name);
    for (const name of outlived(this.#held, { isRouted, now, keep: this.#init.maxNames })) {
      await shelf.remove(name);
      this.#held.delete(name);
      names.hide(name);
      logger.info({ event: "certificate.removed", name }, "Nothing leads to this name any more.");
    }
  }

  /** What failed is remembered as long as the name leads here, and until it may be tried again. */
  #forgetFailures(wanted: ReadonlySet<string>, now: number): void {
    for (const [name, { retryAt }] of this.#failures)
      if (retryAt <= now && !wanted.has(name)) this.#failures.delete(name);
  }
}
