import { generateKeyPair, privateKeyFromRaw } from "@libp2p/crypto/keys";
import { peerIdFromPrivateKey } from "@libp2p/peer-id";
import {
  addressOfPeerId,
  addressOfPublicKey,
  peerIdOfPublicKey,
  publicKeyOfPeerId,
  publicKeyOfPrivateKey,
} from "@fizz/protocol/identity";
import { expect } from "chai";
import { bytesToHex, hexToBytes } from "viem";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";
import { codeOf } from "../../support/code-of.ts";

describe("peer identity", () => {
  it("says what libp2p and viem say about the same key", () => {
    for (let n = 0; n < 20; n += 1) {
      const privateKey = generatePrivateKey();
      const account = privateKeyToAccount(privateKey);
      const peerId = peerIdFromPrivateKey(privateKeyFromRaw(hexToBytes(privateKey))).toString();
      expect(peerIdOfPublicKey(account.publicKey)).to.equal(peerId);
      expect(addressOfPeerId(peerId)).to.equal(account.address);
      expect(publicKeyOfPeerId(peerId)).to.equal(publicKeyOfPrivateKey(privateKey));
      expect(addressOfPublicKey(publicKeyOfPrivateKey(privateKey))).to.equal(account.address);
    }
  });

  it("refuses the id of another kind of key, and what is no id", async () => {
    const ed25519 = peerIdFromPrivateKey(await generateKeyPair("Ed25519")).toString();
    for (const peerId of [ed25519, "not an id", "", bytesToHex(new Uint8Array(39))])
      expect(await codeOf((async () => await Promise.resolve(addressOfPeerId(peerId)))())).to.equal(
        "IDENTITY_UNKNOWN",
      );
  });
});
