import { ProtocolError } from "@fizz/protocol/errors";
import { addressOfPublicKey } from "@fizz/protocol/identity";
import { type ControlAuth } from "@fizz/protocol/messages";
import {
  type FizzDomain,
  fizzDomain,
  recoverGrantSigner,
  recoverProofSigner,
  type SessionProof,
  type SignedGrant,
} from "@fizz/protocol/typed-data";
import { type Address } from "viem";
import { type StreamPlaces } from "../domain/stream-places.ts";
import { type WalletLimit } from "../domain/wallet-limit.ts";
import { type Chain } from "../ports.ts";

export interface TenantGateComponents {
  readonly chain: Pick<Chain, "identity">;
  readonly calls: WalletLimit;
  readonly streams: StreamPlaces;
}

/**
 * Counts control calls for the wallet that stands behind them. Only calls whose grant that wallet signed, and whose
 * challenge the grant's session key signed, count: nobody else can use up what is the wallet's. Whether the challenge is
 * still good, and what the grant covers, the node decides.
 */
export class TenantGate {
  readonly #components: TenantGateComponents;
  readonly #market: Address;

  constructor(components: TenantGateComponents, init: { readonly market: Address }) {
    this.#components = components;
    this.#market = init.market;
  }

  /**
   * @param tenant Of the lease, by the chain; undefined while the chain is silent.
   * @throws ProtocolError LEASE_NOT_YOURS, GRANT_INVALID, SESSION_NOT_PROVEN, RATE_LIMITED
   */
  async admit({ signed, proof }: ControlAuth, tenant: Address | undefined): Promise<void> {
    const { grant } = signed;
    if (tenant !== undefined && tenant !== grant.tenant)
      throw new ProtocolError("LEASE_NOT_YOURS", "The lease belongs to another wallet.");
    const { chainId } = await this.#components.chain.identity();
    const domain = fizzDomain(chainId, this.#market);
    if ((await recoverGrantSigner(domain, signed).catch(() => undefined)) !== grant.tenant)
      throw new ProtocolError("GRANT_INVALID", "The session grant is not signed by the tenant's wallet.");
    if (proof === undefined || !(await isProven(domain, { signed, proof })))
      throw new ProtocolError("SESSION_NOT_PROVEN", "The challenge is not signed by the session key.");
    this.#components.calls.take(grant.tenant, proof.nonce);
  }

  /** @returns What gives the place back. @throws ProtocolError LIMIT_REACHED */
  openStream(tenant: Address): () => void {
    return this.#components.streams.take(tenant);
  }
}

async function isProven(
  domain: FizzDomain,
  { signed: { grant }, proof }: { readonly signed: SignedGrant; readonly proof: SessionProof },
): Promise<boolean> {
  try {
    return (await recoverProofSigner(domain, grant, proof)) === addressOfPublicKey(grant.sessionKey);
  } catch {
    return false;
  }
}
