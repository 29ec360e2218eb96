import { type Validity } from "./domain/certificate-orders.ts";
import { type OrderHistory } from "./domain/order-history.ts";

/** A certificate of one name that an authority gave, with its key and its chain, PEM. */
export interface OrderedCertificate extends Validity {
  readonly name: string;
  readonly cert: string;
  readonly key: string;
  /** Directory of the authority. */
  readonly directory: string;
  /** 0 to 1, made of the certificate itself: spreads renewals. */
  readonly spread: number;
}

/** What it takes to go on with an order that somebody began. */
export interface OrderDraft {
  /** Where the authority has the order. */
  readonly url: string;
  /** Key of the certificate, PEM. */
  readonly key: string;
  readonly directory: string;
}

/** The order of a name that was begun before, and where a new one is kept. */
export interface DraftSlot {
  readonly known: OrderDraft | undefined;
  /** Called before the authority is asked for more than the order itself. @throws ProtocolError STORE_FAILED */
  keep(draft: OrderDraft): Promise<void>;
}

/** Who gives certificates. */
export interface CertificateAuthority {
  /** What `OrderedCertificate.directory` of its certificates says. */
  readonly directory: string;
  /** @throws ProtocolError CERTIFICATE_REFUSED, CA_UNREACHABLE, STORE_FAILED */
  order(name: string, signal: AbortSignal, draft: DraftSlot): Promise<OrderedCertificate>;
}

/** What the authority asks for at a name, to see that the name leads here. */
export interface Challenge {
  readonly name: string;
  readonly token: string;
  readonly answer: string;
}

/** Where challenges are answered. */
export interface ChallengeDesk {
  /**
   * Resolves when whoever the authority may reach knows the answer.
   *
   * @returns A function that ends it, and does not throw.
   * @throws ProtocolError STORE_FAILED
   */
  show(challenge: Challenge): Promise<() => Promise<void>>;
}

/** Challenges as the processes of a gateway tell each other. Each may throw ProtocolError STORE_FAILED. */
export interface ChallengeStore {
  add(challenge: Challenge): Promise<void>;
  remove(token: string): Promise<void>;
  /** Those that are pending. */
  read(): Promise<Challenge[]>;
  /** Says that this process answers them. */
  markRead(tokens: readonly string[]): Promise<void>;
  /** Other processes that live and have not read a challenge. */
  unread(token: string): Promise<number>;
}

/** Ordered certificates and orders, as they survive a process. Each may throw ProtocolError STORE_FAILED. */
export interface CertificateShelf {
  /** What is broken is left out, and told. */
  load(): Promise<{ readonly certificates: OrderedCertificate[]; readonly history: OrderHistory }>;
  /** Its order is over. */
  save(certificate: OrderedCertificate): Promise<void>;
  remove(name: string): Promise<void>;
  saveHistory(history: OrderHistory): Promise<void>;
  /** The order of a name that was begun and has not ended; undefined when there is none, or it is broken. */
  draftOf(name: string): Promise<OrderDraft | undefined>;
  saveDraft(name: string, draft: OrderDraft): Promise<void>;
  dropDraft(name: string): Promise<void>;
}

/** What versions before 0.2 kept in files. */
export interface CertificateFiles {
  load(): {
    readonly certificates: readonly OrderedCertificate[];
    readonly history: OrderHistory;
    readonly accountKey: string | undefined;
  };
  /** Removes what was loaded. */
  removeLoaded(): void;
}

/** Number of a stored certificate, by name; it changes when the certificate does. */
export type CertificateRevisions = ReadonlyMap<string, number>;

/** What all processes read of the stored certificates. Each may throw ProtocolError STORE_FAILED. */
export interface StoredCertificates {
  /** @param before What the last call returned. @returns Undefined when nothing has changed since. */
  revisions(before: CertificateRevisions | undefined): Promise<CertificateRevisions | undefined>;
  /** What is broken is left out, and told. */
  read(names: readonly string[]): Promise<OrderedCertificate[]>;
}

/** Names that the public reaches over TLS. */
export interface ServedNames {
  /** Those that lead to a lease now, and whether it runs. */
  all(): readonly { readonly name: string; readonly runs: boolean }[];
  /** Whether the operator gave a certificate that covers it. */
  isGiven(name: string): boolean;
  /** Shows a certificate to those who ask for its name from now on. */
  show(certificate: OrderedCertificate): void;
  hide(name: string): void;
}

/** How an order ended: the certificate is shown, the authority refused it, or it did not answer. */
export type OrderOutcome = "issued" | "refused" | "unreachable";

export interface CertificateMeter {
  ordered(outcome: OrderOutcome): void;
}
