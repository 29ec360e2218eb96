import { ProtocolError } from "@fizz/protocol/errors";
import {
  type CertificateAuthority,
  type CertificateMeter,
  type CertificateShelf,
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

/** Orders under way at once. */
const AT_ONCE = 4;
/** Interval at which names and certificates are looked at. */
const LOOK_EVERY_MS = 5_000;
/** Time for one order. */
const ORDER_LIMIT_MS = 300_000;
const MS_PER_SECOND = 1_000;

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

/** Keeps certificates of an authority ready for the names that lead to leases, and renews them in time. */
export class CertificateOrders {
  readonly #components: CertificateOrdersComponents;
  readonly #init: CertificateOrdersInit;
  readonly #held = new Map<string, OrderedCertificate>();
  readonly #failures = new Map<string, Failures>();
  readonly #ordering = new Map<string, Promise<void>>();
  readonly #stopping = new AbortController();
  #begun: number[] = [];
  #silence = NO_FAILURES;
  #leftOut = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(components: CertificateOrdersComponents, init: CertificateOrdersInit) {
    this.#components = components;
    this.#init = init;
  }

  /** Shows what was kept. To be called when the names are known that lead to leases. */
  start(): void {
    const { shelf, names } = this.#components;
    const { certificates, history } = shelf.load();
    for (const certificate of certificates) {
      this.#held.set(certificate.name, certificate);
      names.show(certificate);
    }
    this.#begun = [...history.begun];
    for (const [name, failures] of history.failures) this.#failures.set(name, failures);
    this.#look();
    this.#timer = setInterval(() => {
      this.#look();
    }, this.#init.lookEveryMs ?? LOOK_EVERY_MS);
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#stopping.abort();
    await Promise.all(this.#ordering.values());
  }

  /** Certificates that are shown, names that found no place, and the soonest end of those in use, Unix seconds. */
  counts(): { readonly shown: number; readonly leftOut: number; readonly soonestEnd: number | undefined } {
    const used = this.#components.names.all().flatMap(({ name }) => this.#held.get(name) ?? []);
    const soonest = used.reduce((least, { notAfter }) => Math.min(least, notAfter), Infinity);
    return {
      shown: this.#held.size,
      leftOut: this.#leftOut,
      soonestEnd: used.length === 0 ? undefined : Math.floor(soonest / MS_PER_SECOND),
    };
  }

  #look(): void {
    const { names, clock, mayOrder } = this.#components;
    const now = clock();
    const served = names.all();
    this.#dropOutlived(new Set(served.map(({ name }) => name)), now);
    if (!mayOrder()) return;
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
    for (const name of chooseOrders(state, { atOnce: AT_ONCE, perHour: this.#init.perHour }))
      this.#begin(name);
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

  #begin(name: string): void {
    this.#begun.push(this.#components.clock());
    this.#keepHistory();
    const order = this.#order(name).finally(() => this.#ordering.delete(name));
    this.#ordering.set(name, order);
  }

  async #order(name: string): Promise<void> {
    const { authority, meter, logger } = this.#components;
    const stopping = this.#stopping.signal;
    try {
      const limit = AbortSignal.timeout(ORDER_LIMIT_MS);
      const certificate = await authority.order(name, AbortSignal.any([stopping, limit]));
      this.#take(certificate);
      meter.ordered("issued");
      const until = new Date(certificate.notAfter).toISOString();
      logger.info(
        { event: "certificate.issued", name, until },
        "A certificate was ordered and is shown now.",
      );
    } catch (error) {
      if (!stopping.aborted) this.#fail(name, error);
    }
  }

  #take(certificate: OrderedCertificate): void {
    const { shelf, names, logger } = this.#components;
    const { name } = certificate;
    this.#silence = NO_FAILURES;
    this.#failures.delete(name);
    this.#held.set(name, certificate);
    names.show(certificate);
    try {
      shelf.save(certificate);
    } catch (error) {
      logger.error(
        { event: "certificate.store.failed", name, error },
        "A certificate is lost at the next restart.",
      );
    }
    this.#keepHistory();
  }

  #fail(name: string, error: unknown): void {
    const { meter, clock, logger } = this.#components;
    const now = clock();
    const isSilent = error instanceof ProtocolError && error.code === "CA_UNREACHABLE";
    let { retryAt } = NO_FAILURES;
    if (isSilent) {
      this.#silence = afterSilence(this.#silence, now);
      ({ retryAt } = this.#silence);
    } else {
      this.#silence = NO_FAILURES;
      const failures = afterFailure(this.#failures.get(name) ?? NO_FAILURES, now);
      this.#failures.set(name, failures);
      ({ retryAt } = failures);
      this.#keepHistory();
    }
    meter.ordered(isSilent ? "unreachable" : "refused");
    const again = new Date(retryAt).toISOString();
    const fields = { event: "certificate.order.failed", name, again, error };
    logger.warn(fields, "A certificate was not given; what is shown stays.");
  }

  #keepHistory(): void {
    const { shelf, logger } = this.#components;
    try {
      shelf.saveHistory({ begun: this.#begun, failures: this.#failures });
    } catch (error) {
      logger.error({ event: "certificate.store.failed", error }, "Orders are forgotten at the next restart.");
    }
  }

  #dropOutlived(routed: ReadonlySet<string>, now: number): void {
    const { shelf, names, logger } = this.#components;
    const isRouted = (name: string): boolean => routed.has(name) || this.#ordering.has(name);
    for (const name of outlived(this.#held, { isRouted, now, keep: this.#init.maxNames })) {
      this.#held.delete(name);
      names.hide(name);
      try {
        shelf.remove(name);
        logger.info({ event: "certificate.removed", name }, "Nothing leads to this name any more.");
      } catch (error) {
        logger.error({ event: "certificate.store.failed", name, error }, "A certificate cannot be removed.");
      }
    }
  }

  /** What failed is remembered as long as the name leads here, and until it may be tried again. */
  #forgetFailures(wanted: ReadonlySet<string>, now: number): void {
    for (const [name, { retryAt }] of this.#failures)
      if (retryAt <= now && !wanted.has(name)) this.#failures.delete(name);
  }
}
