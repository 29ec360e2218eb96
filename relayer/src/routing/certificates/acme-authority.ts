import { ProtocolError } from "@fizz/protocol/errors";
import type { Authorization, Client, Order } from "acme-client";
import {
  type CertificateAuthority,
  type ChallengeDesk,
  type DraftSlot,
  type OrderedCertificate,
} from "../../certificate-ports.ts";
import { newKey } from "./account-key.ts";
import { prepareHttp } from "./acme-http.ts";
import { orderedCertificate } from "./ordered-certificate.ts";

/** Interval between questions about an order, doubled each time up to the second, and how many there are. */
const FIRST_POLL_MS = 1_000;
const LAST_POLL_MS = 30_000;
const MAX_POLLS = 10;
/** Characters of the authority's own words. */
const MAX_REASON = 500;

export interface AcmeAuthorityInit {
  /** URL of the directory. */
  readonly directory: string;
  /** Whom the authority writes to; it may be left out. */
  readonly email: string | undefined;
  /** Certificates, PEM, that the directory may be signed by as well. */
  readonly ca: string | undefined;
  /** @throws ProtocolError STORE_FAILED */
  readonly accountKey: () => Promise<string>;
  readonly firstPollMs?: number;
}

/** An authority that speaks ACME (RFC 8555), and looks at names by HTTP-01. */
export class AcmeAuthority implements CertificateAuthority {
  readonly directory: string;
  readonly #challenges: ChallengeDesk;
  readonly #init: AcmeAuthorityInit;
  /** With an account; made anew after a failure, since an authority may forget accounts. */
  #client: Promise<Client> | undefined;

  constructor(challenges: ChallengeDesk, init: AcmeAuthorityInit) {
    this.directory = init.directory;
    this.#challenges = challenges;
    this.#init = init;
  }

  async order(name: string, signal: AbortSignal, draft: DraftSlot): Promise<OrderedCertificate> {
    const aborted = whenAborted(signal);
    try {
      return await Promise.race([this.#order(name, signal, draft), aborted.rejects]);
    } catch (error) {
      this.#client = undefined;
      throw problemOf(name, error);
    } finally {
      aborted.forget();
    }
  }

  async #order(name: string, signal: AbortSignal, draft: DraftSlot): Promise<OrderedCertificate> {
    // Loaded with the first order: it takes 40 MB, and most restarts order nothing.
    const { crypto } = await import("acme-client");
    this.#client ??= this.#connect();
    const client = await this.#client;
    signal.throwIfAborted();
    const { order, key } = (await this.#resume(client, draft)) ?? (await this.#begin(client, name, draft));
    if (order.status === "pending")
      for (const authorization of await client.getAuthorizations(order))
        if (authorization.status !== "valid") await this.#prove(client, authorization, signal);
    signal.throwIfAborted();
    if (order.status === "processing" || order.status === "valid")
      return orderedCertificate({
        ...{ name, key, directory: this.directory },
        cert: await client.getCertificate(order),
      });
    // No common name: it would have to be shorter than names may be.
    const [, request] = await crypto.createCsr({ altNames: [name] }, key);
    signal.throwIfAborted();
    const cert = await client.getCertificate(await client.finalizeOrder(order, request));
    return orderedCertificate({ name, key, cert, directory: this.directory });
  }

  /** A new order, kept before anything is proven: a second one for the same name would count at the authority. */
  async #begin(client: Client, name: string, draft: DraftSlot): Promise<StartedOrder> {
    const key = newKey();
    const order = await client.createOrder({ identifiers: [{ type: "dns", value: name }] });
    await draft.keep({ url: order.url, key, directory: this.directory });
    return { order, key };
  }

  /** @returns Undefined when there is none to go on with. */
  async #resume(client: Client, { known }: DraftSlot): Promise<StartedOrder | undefined> {
    if (known?.directory !== this.directory) return undefined;
    try {
      // Of an order that is refreshed only its URL is read.
      const order = await client.getOrder({ url: known.url } as Order);
      return order.status === "invalid" ? undefined : { order, key: known.key };
    } catch (error) {
      if (error instanceof ProtocolError) throw error;
      // The authority has forgotten it.
      return undefined;
    }
  }

  /** Shows the answer to a challenge until the authority has seen it. */
  async #prove(
    client: Client,
    { identifier, challenges }: Authorization,
    signal: AbortSignal,
  ): Promise<void> {
    signal.throwIfAborted();
    const challenge = challenges.find(({ type }) => type === "http-01");
    if (challenge === undefined)
      throw new ProtocolError(
        "CERTIFICATE_REFUSED",
        `The authority does not offer HTTP-01 for ${identifier.value}.`,
      );
    const answer = await client.getChallengeKeyAuthorization(challenge);
    const hide = await this.#challenges.show({ name: identifier.value, token: challenge.token, answer });
    const end = (): void => void hide();
    signal.addEventListener("abort", end, { once: true });
    try {
      signal.throwIfAborted();
      // Of a resumed order it may be looked at already.
      if (challenge.status === "pending") await client.completeChallenge(challenge);
      await client.waitForValidStatus(challenge);
    } finally {
      signal.removeEventListener("abort", end);
      await hide();
    }
  }

  async #connect(): Promise<Client> {
    const { axios, Client } = await import("acme-client");
    const { directory, email, ca, firstPollMs = FIRST_POLL_MS } = this.#init;
    prepareHttp(axios, ca);
    const client = new Client({
      directoryUrl: directory,
      accountKey: await this.#init.accountKey(),
      backoffAttempts: MAX_POLLS,
      backoffMin: firstPollMs,
      backoffMax: LAST_POLL_MS,
    });
    // Always some: of an account that is there already they are an update, which must not be empty (RFC 8555, 7.3.2).
    const contact = email === undefined ? [] : [`mailto:${email}`];
    await client.createAccount({ termsOfServiceAgreed: true, contact });
    return client;
  }
}

interface StartedOrder {
  readonly order: Order;
  /** Key of the certificate, PEM. */
  readonly key: string;
}

function problemOf(name: string, cause: unknown): ProtocolError {
  if (cause instanceof ProtocolError && cause.code !== "CONFIG_INVALID") return cause;
  const reason = cause instanceof Error ? cause.message.slice(0, MAX_REASON) : "";
  // The authority's own words are in the reason, as far as they fit; a bug keeps its stack.
  const origin = cause instanceof TypeError ? { cause } : {};
  return new ProtocolError("CERTIFICATE_REFUSED", `No certificate for ${name}: ${reason}`, origin);
}

function whenAborted(signal: AbortSignal): { readonly rejects: Promise<never>; readonly forget: () => void } {
  let forget = (): void => undefined;
  const rejects = new Promise<never>((_resolve, reject) => {
    const abort = (): void => {
      reject(new ProtocolError("CA_UNREACHABLE", "The order took too long, or the gateway stops."));
    };
    if (signal.aborted) abort();
    else signal.addEventListener("abort", abort, { once: true });
    forget = () => {
      signal.removeEventListener("abort", abort);
    };
  });
  return { rejects, forget };
}
