import { ProtocolError } from "@fizz/protocol/errors";
import { type Revoked } from "@fizz/protocol/messages";
import {
  type FizzDomain,
  MAX_GRANT_SECONDS,
  recoverRevocationSigner,
  revocationDigest,
  revocationReceiptTypedData,
  type SignedRevocation,
} from "@fizz/protocol/typed-data";
import { hashTypedData, hexToBytes } from "viem";
import { NONE_REVOKED, type RevokedGrants, withRevocation } from "../domain/revoked-grants.ts";
import { type Clock, type LeaseStore, type Revoking, type Signer } from "../ports.ts";
import { type LiveGrants } from "./live-grants.ts";
import { CLOCK_SKEW_SECONDS } from "./session-gate.ts";

export interface RevocationDeskComponents {
  readonly store: Pick<LeaseStore, "find" | "change">;
  readonly signer: Pick<Signer, "signDigest">;
  readonly clock: Pick<Clock, "now">;
  readonly live: Pick<LiveGrants, "endRevoked">;
}

export interface RevocationDeskInit {
  readonly nodeId: bigint;
  readonly domain: FizzDomain;
}

/** Takes a tenant's revocations, whoever carries them: kept first, then what runs is ended, then signed for. */
export class RevocationDesk implements Revoking {
  readonly #components: RevocationDeskComponents;
  readonly #init: RevocationDeskInit;

  constructor(components: RevocationDeskComponents, init: RevocationDeskInit) {
    this.#components = components;
    this.#init = init;
  }

  async revoke(signed: SignedRevocation): Promise<Revoked> {
    const { clock, live, signer } = this.#components;
    const { domain } = this.#init;
    const now = Math.floor(clock.now() / 1_000);
    await this.#check(signed, now);
    const { revocation } = signed;
    const ended = live.endRevoked(revocation.leaseHash, await this.#keep(signed, now));
    const receipt = { revocation: revocationDigest(domain, revocation), at: now };
    const digest = hashTypedData(revocationReceiptTypedData(domain, receipt));
    return { receipt: { receipt, signature: signer.signDigest(hexToBytes(digest)) }, ended };
  }

  /** @param now Unix seconds. */
  async #check(signed: SignedRevocation, now: number): Promise<void> {
    const { nodeId, leaseHash, tenant, upTo } = signed.revocation;
    if (nodeId !== this.#init.nodeId) throw invalid("The revocation names another node.");
    const lease = this.#components.store.find(leaseHash);
    if (lease === undefined)
      throw new ProtocolError(
        "LEASE_NOT_FOUND",
        "This node has no manifest of that lease, or has dropped it.",
      );
    if (lease.tenant !== tenant)
      throw new ProtocolError("LEASE_NOT_YOURS", "The lease belongs to another wallet.");
    // Otherwise a slip of the tenant's would lock its wallet out for longer than any grant lasts.
    if (upTo > now + MAX_GRANT_SECONDS + CLOCK_SKEW_SECONDS)
      throw invalid(`A revocation reaches at most ${MAX_GRANT_SECONDS} s ahead.`);
    const signer = await recoverRevocationSigner(this.#init.domain, signed).catch(() => undefined);
    if (signer !== tenant) throw invalid("The revocation is not signed by the tenant's wallet.");
  }

  /** One that is over needs no place: the grants that it names are over as well. @param now Unix seconds. */
  async #keep({ revocation }: SignedRevocation, now: number): Promise<RevokedGrants> {
    const { store } = this.#components;
    const lease = await store.change(revocation.leaseHash, (known) => {
      const revoked = withRevocation(known.revoked, revocation, now);
      return revoked === undefined ? known : { ...known, revoked };
    });
    const { revoked = NONE_REVOKED } = lease ?? {};
    if (withRevocation(revoked, revocation, now) !== undefined) return revoked;
    const message = "Too many session keys of the lease are revoked one by one. Revoke all of them at once.";
    throw new ProtocolError("LIMIT_REACHED", message);
  }
}

function invalid(message: string): ProtocolError {
  return new ProtocolError("REVOCATION_INVALID", message);
}
