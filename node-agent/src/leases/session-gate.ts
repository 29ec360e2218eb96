import { ProtocolError } from "@fizz/protocol/errors";
import { addressOfPublicKey, publicKeyOfPeerId } from "@fizz/protocol/identity";
import {
  type FizzDomain,
  grantCovers,
  MAX_GRANT_SECONDS,
  recoverGrantSigner,
  recoverProofSigner,
  type SessionGrant,
  type SessionProof,
  type SessionScope,
  type SignedGrant,
} from "@fizz/protocol/typed-data";
import { bytesToHex, type Hex } from "viem";
import { revokedUpTo } from "../domain/revoked-grants.ts";
import { type StoredLease } from "../domain/stored-lease.ts";
import { type Authority, type Clock, type ControlGate, type Credentials, type LeaseStore } from "../ports.ts";
import { grantExpired, grantRevoked, leaseOver, type LiveGrants } from "./live-grants.ts";

/** Life of a challenge, in milliseconds. */
export const CHALLENGE_MS = 60_000;
/** Challenges that are open at once; the oldest go first. */
export const MAX_CHALLENGES = 10_000;
/** The clock of a tenant may be ahead of the node's by this much, in seconds. */
export const CLOCK_SKEW_SECONDS = 600;
const NONCE_BYTES = 32;

export interface SessionGateComponents {
  readonly store: Pick<LeaseStore, "find">;
  readonly clock: Clock;
  readonly live: LiveGrants;
}

export interface SessionGateInit {
  readonly nodeId: bigint;
  readonly domain: FizzDomain;
}

interface Challenge {
  readonly leaseHash: Hex;
  /** Unix milliseconds. */
  readonly expiresAt: number;
}

/**
 * Decides who speaks for a tenant: a grant signed by the wallet that the chain names, and proof that the caller holds
 * the session key in it. The handshake of the stream is such a proof; so is a signed nonce of this node.
 */
export class SessionGate implements ControlGate {
  readonly #components: SessionGateComponents;
  readonly #init: SessionGateInit;
  readonly #challenges = new Map<Hex, Challenge>();

  constructor(components: SessionGateComponents, init: SessionGateInit) {
    this.#components = components;
    this.#init = init;
  }

  challenge(leaseHash: Hex): { nodeId: bigint; nonce: Hex; expiresAt: number } {
    this.#requireLease(leaseHash);
    const now = this.#components.clock.now();
    for (const [nonce, { expiresAt }] of this.#challenges) {
      if (expiresAt > now && this.#challenges.size < MAX_CHALLENGES) break;
      this.#challenges.delete(nonce);
    }
    const nonce = bytesToHex(crypto.getRandomValues(new Uint8Array(NONCE_BYTES)));
    const expiresAt = now + CHALLENGE_MS;
    this.#challenges.set(nonce, { leaseHash, expiresAt });
    return { nodeId: this.#init.nodeId, nonce, expiresAt };
  }

  async authorize({ auth, remotePeer, signal: gone }: Credentials, scope: SessionScope): Promise<Authority> {
    const { signed, proof } = auth;
    const { grant } = signed;
    await this.#checkGrant(signed);
    if (scope !== "events") this.#requireRunning(grant.leaseHash);
    if (!grantCovers(grant, scope))
      throw new ProtocolError("GRANT_SCOPE", `The session grant does not cover "${scope}".`);
    if (proof === undefined) requireSessionPeer(grant, remotePeer);
    else await this.#checkProof(grant, proof);
    // Nothing is waited for between this and the hold: what is revoked from now on ends it.
    this.#requireUnrevoked(grant);
    return { leaseHash: grant.leaseHash, signal: this.#components.live.hold(grant, scope, gone) };
  }

  #requireUnrevoked(grant: SessionGrant): void {
    const revoked = this.#requireLease(grant.leaseHash).revoked;
    const upTo = revokedUpTo(revoked, grant);
    if (upTo !== undefined) throw grantRevoked(upTo);
  }

  /** Its containers and manifests are gone otherwise; its events are kept for a while. */
  #requireRunning(leaseHash: Hex): void {
    if (this.#requireLease(leaseHash).removedAt !== null) throw leaseOver();
  }

  async #checkGrant(signed: SignedGrant): Promise<void> {
    const { grant } = signed;
    const now = Math.floor(this.#components.clock.now() / 1_000);
    if (grant.nodeId !== this.#init.nodeId)
      throw new ProtocolError("GRANT_INVALID", "The session grant names another node.");
    if (grant.expiresAt <= now) throw grantExpired();
    if (grant.expiresAt > now + MAX_GRANT_SECONDS + CLOCK_SKEW_SECONDS)
      throw new ProtocolError("GRANT_INVALID", `A session grant lasts at most ${MAX_GRANT_SECONDS} s.`);
    if (this.#requireLease(grant.leaseHash).tenant !== grant.tenant)
      throw new ProtocolError("LEASE_NOT_YOURS", "The lease belongs to another wallet.");
    const signer = await recoverGrantSigner(this.#init.domain, signed).catch(() => undefined);
    if (signer !== grant.tenant)
      throw new ProtocolError("GRANT_INVALID", "The session grant is not signed by the tenant's wallet.");
  }

  /** Its tenant is the one that the chain named when the manifest was taken in: part of the lease hash, so it never changes. */
  #requireLease(leaseHash: Hex): StoredLease {
    const lease = this.#components.store.find(leaseHash);
    if (lease === undefined)
      throw new ProtocolError(
        "LEASE_NOT_FOUND",
        "This node has no manifest of that lease, or has dropped it.",
      );
    return lease;
  }

  /** A nonce is used up by the first try, right or wrong. */
  async #checkProof(grant: SessionGrant, proof: SessionProof): Promise<void> {
    const challenge = this.#challenges.get(proof.nonce);
    this.#challenges.delete(proof.nonce);
    const isOpen =
      challenge?.leaseHash === grant.leaseHash && challenge.expiresAt > this.#components.clock.now();
    if (!isOpen)
      throw new ProtocolError(
        "SESSION_NOT_PROVEN",
        "The challenge is unknown, used or too old. Ask for a new one.",
      );
    const signer = await recoverProofSigner(this.#init.domain, grant, proof).catch(() => undefined);
    if (signer !== addressOfPublicKey(grant.sessionKey))
      throw new ProtocolError("SESSION_NOT_PROVEN", "The challenge is not signed by the session key.");
  }
}

function requireSessionPeer(grant: SessionGrant, remotePeer: string): void {
  let key: Hex | undefined;
  try {
    key = publicKeyOfPeerId(remotePeer);
  } catch {
    key = undefined;
  }
  if (key?.toLowerCase() !== grant.sessionKey.toLowerCase())
    throw new ProtocolError("SESSION_NOT_PROVEN", "The caller does not hold the session key of the grant.");
}
