import { publicKeyOfPrivateKey } from "@fizz/protocol/identity";
import {
  fizzDomain,
  grantCovers,
  grantTypedData,
  proofTypedData,
  quoteTypedData,
  recoverGrantSigner,
  recoverProofSigner,
  recoverQuotePublicKey,
  recoverQuoteSigner,
  type SessionGrant,
} from "@fizz/protocol/typed-data";
import { expect } from "chai";
import { type Hex } from "viem";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";
import { sampleOrder, sampleQuote } from "../../support/sample-order.ts";

const domain = fizzDomain(31_337, "0x5FbDB2315678afecb367f032d93F642f64180aa3");
const leaseHash: Hex = `0x${"aa".repeat(32)}`;

describe("session grant", () => {
  it("gives back the wallet that signed it, and another one after any change", async () => {
    const { wallet, grant } = setup();
    const signature = await wallet.signTypedData(grantTypedData(domain, grant));
    expect(await recoverGrantSigner(domain, { grant, signature })).to.equal(wallet.address);
    const changes: Partial<SessionGrant>[] = [
      { nodeId: 2n },
      { leaseHash: `0x${"bb".repeat(32)}` },
      { scopes: "status logs events exec" },
      { expiresAt: grant.expiresAt + 1 },
      { sessionKey: publicKeyOfPrivateKey(generatePrivateKey()) },
    ];
    for (const change of changes)
      expect(await recoverGrantSigner(domain, { grant: { ...grant, ...change }, signature })).not.to.equal(
        wallet.address,
      );
    const elsewhere = fizzDomain(1, domain.verifyingContract);
    expect(await recoverGrantSigner(elsewhere, { grant, signature })).not.to.equal(wallet.address);
  });

  it("covers what it lists, by whole words", () => {
    const { grant } = setup();
    expect(grantCovers(grant, "logs")).to.equal(true);
    expect(grantCovers(grant, "exec")).to.equal(false);
    expect(grantCovers({ ...grant, scopes: "logs-exec" }, "exec")).to.equal(false);
  });

  it("is proven by its session key alone", async () => {
    const { grant, session, wallet } = setup();
    const nonce: Hex = `0x${"cc".repeat(32)}`;
    const message = proofTypedData(domain, { nodeId: grant.nodeId, leaseHash, nonce });
    const own = { nonce, signature: await session.signTypedData(message) };
    const foreign = { nonce, signature: await wallet.signTypedData(message) };
    expect(await recoverProofSigner(domain, grant, own)).to.equal(session.address);
    expect(await recoverProofSigner(domain, grant, foreign)).not.to.equal(session.address);
  });

  function setup() {
    const wallet = privateKeyToAccount(generatePrivateKey());
    const sessionPrivateKey = generatePrivateKey();
    const grant: SessionGrant = {
      tenant: wallet.address,
      nodeId: 1n,
      leaseHash,
      sessionKey: publicKeyOfPrivateKey(sessionPrivateKey),
      scopes: "status logs events",
      expiresAt: 2_000_000_000,
    };
    return { wallet, grant, session: privateKeyToAccount(sessionPrivateKey) };
  }
});

describe("quote", () => {
  it("gives back the operator and its public key", async () => {
    const operator = privateKeyToAccount(generatePrivateKey());
    const quote = sampleQuote(sampleOrder(), `0x${"11".repeat(32)}`);
    const signed = { quote, signature: await operator.signTypedData(quoteTypedData(domain, quote)) };
    expect(await recoverQuoteSigner(domain, signed)).to.equal(operator.address);
    expect(await recoverQuotePublicKey(domain, signed)).to.equal(operator.publicKey);
    const cheaper = { ...signed, quote: { ...quote, ratePerSecond: 1n } };
    expect(await recoverQuoteSigner(domain, cheaper)).not.to.equal(operator.address);
  });
});
