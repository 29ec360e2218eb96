import { type Failures, type Validity } from "./domain/certificate-orders.ts";

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

/** Who gives certificates. */
export interface CertificateAuthority {
  /** What `OrderedCertificate.directory` of its certificates says. */
  readonly directory: string;
  /** @throws ProtocolError CERTIFICATE_REFUSED, CA_UNREACHABLE */
  order(name: string, signal: AbortSignal): Promise<OrderedCertificate>;
}

/** What the authority asks for at a name, to see that the name leads here. */
export interface Challenge {
  readonly name: string;
  readonly token: string;
  readonly answer: string;
}

/** Where challenges are answered. */
export interface ChallengeDesk {
  /** @returns A function that ends it. */
  show(challenge: Challenge): () => void;
}

/** What must not be forgotten at a restart, so that the authority's limits are kept. */
export interface OrderHistory {
  /** When the orders of the last hour were begun, Unix milliseconds. */
  readonly begun: readonly number[];
  readonly failures: ReadonlyMap<string, Failures>;
}

/** Ordered certificates, as they survive a restart. */
export interface CertificateShelf {
  /** What is broken is left out, and told. */
  load(): { readonly certificates: readonly OrderedCertificate[]; readonly history: OrderHistory };
  /** @throws ProtocolError STORE_FAILED */
  save(certificate: OrderedCertificate): void;
  /** @throws ProtocolError STORE_FAILED */
  remove(name: string): void;
  /** @throws ProtocolError STORE_FAILED */
  saveHistory(history: OrderHistory): void;
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
