import { publicKeyOfPrivateKey } from "@fizz/protocol/identity";
import { type ControlAuth } from "@fizz/protocol/messages";
import {
  fizzDomain,
  grantTypedData,
  proofTypedData,
  type SessionGrant,
  type SessionProof,
} from "@fizz/protocol/typed-data";
import { type Hex } from "viem";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";
import { hashOf } from "./builders.ts";
import { FakeChain, NODE } from "./fake-chain.ts";

const chain = new FakeChain();
export const DOMAIN = fizzDomain(chain.chainId, chain.market);

/** A wallet with a session key, and the grants it signs. */
export class TestTenant {
  readonly wallet = privateKeyToAccount(generatePrivateKey());
  readonly sessionPrivateKey = generatePrivateKey();
  readonly #session = privateKeyToAccount(this.sessionPrivateKey);

  async grant(changes: Partial<SessionGrant> = {}): Promise<ControlAuth> {
    const grant: SessionGrant = {
      tenant: this.wallet.address,
      nodeId: NODE.nodeId,
      leaseHash: hashOf("lease"),
      sessionKey: publicKeyOfPrivateKey(this.sessionPrivateKey),
      scopes: "status logs events",
      expiresAt: Math.floor(Date.now() / 1_000) + 600,
      ...changes,
    };
    return { signed: { grant, signature: await this.wallet.signTypedData(grantTypedData(DOMAIN, grant)) } };
  }

  async proof(nonce: Hex, leaseHash = hashOf("lease")): Promise<SessionProof> {
    const message = { nodeId: NODE.nodeId, leaseHash, nonce };
    return { nonce, signature: await this.#session.signTypedData(proofTypedData(DOMAIN, message)) };
  }
}
