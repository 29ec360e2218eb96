import { generateSealingKeyPair, seal, unseal } from "@fizz/protocol/sealing";
import { expect } from "chai";
import { bytesToHex, type Hex } from "viem";
import { codeOf } from "../../support/code-of.ts";

const info: Hex = `0x${"ab".repeat(32)}`;
const secret = new TextEncoder().encode('{"env":["TOKEN=hunter2"]}');

describe("sealing", () => {
  it("opens with the key of the quote and gives the plaintext", async () => {
    const key = await generateSealingKeyPair();
    const sealed = await seal(key.publicKey, secret, info);
    expect(await unseal(key.privateKey, sealed, info)).to.deep.equal(secret);
    expect(sealed.ciphertext).not.to.contain(bytesToHex(secret).slice(2));
  });

  it("gives another ciphertext each time", async () => {
    const key = await generateSealingKeyPair();
    const [first, second] = await Promise.all([
      seal(key.publicKey, secret, info),
      seal(key.publicKey, secret, info),
    ]);
    expect(first.ciphertext).not.to.equal(second.ciphertext);
    expect(first.enc).not.to.equal(second.enc);
  });

  describe("fails with UNSEAL_FAILED", () => {
    it("when the key is another node's", async () => {
      const [key, other] = await Promise.all([generateSealingKeyPair(), generateSealingKeyPair()]);
      const sealed = await seal(key.publicKey, secret, info);
      expect(await codeOf(unseal(other.privateKey, sealed, info))).to.equal("UNSEAL_FAILED");
    });

    it("when the ciphertext was made for another manifest", async () => {
      const key = await generateSealingKeyPair();
      const sealed = await seal(key.publicKey, secret, info);
      expect(await codeOf(unseal(key.privateKey, sealed, `0x${"cd".repeat(32)}`))).to.equal("UNSEAL_FAILED");
    });

    it("when one bit was turned", async () => {
      const key = await generateSealingKeyPair();
      const sealed = await seal(key.publicKey, secret, info);
      const last = sealed.ciphertext.endsWith("0") ? "1" : "0";
      const ciphertext: Hex = `0x${sealed.ciphertext.slice(2, -1)}${last}`;
      expect(await codeOf(unseal(key.privateKey, { ...sealed, ciphertext }, info))).to.equal("UNSEAL_FAILED");
    });
  });
});
