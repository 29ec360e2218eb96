import { noiseCrypto } from "@fizz/protocol/node";
import { pureJsCrypto } from "@libp2p/noise";
import { expect } from "chai";
import { randomBytes } from "node:crypto";
import { Uint8ArrayList } from "uint8arraylist";

const KEY = randomBytes(32);
const NONCE = randomBytes(12);
const AD = randomBytes(32);
const SIZES = [0, 1, 17, 319, 320, 5_000, 16 * 1024 - 1, 16 * 1024, 65_519];

describe("noiseCrypto", () => {
  it("writes and reads what another implementation reads and writes, in one piece and in many", () => {
    for (const size of SIZES)
      for (const pieces of [1, 3]) {
        const plaintext = randomBytes(size);
        const sealed = noiseCrypto.chaCha20Poly1305Encrypt(inPieces(plaintext, pieces), NONCE, AD, KEY);
        const expected = pureJsCrypto.chaCha20Poly1305Encrypt(plaintext, NONCE, AD, KEY);
        expect(Buffer.from(sealed.subarray()).equals(expected.subarray()), `${size} in ${pieces}`).to.equal(
          true,
        );
        const opened = noiseCrypto.chaCha20Poly1305Decrypt(
          inPieces(expected.subarray(), pieces),
          NONCE,
          AD,
          KEY,
        );
        expect(plaintext.equals(opened.subarray()), `${size} in ${pieces}`).to.equal(true);
      }
  });

  it("refuses what was changed, in its text, its tag or its associated data, and another key", () => {
    for (const size of [100, 5_000]) {
      const sealed = Buffer.from(
        noiseCrypto.chaCha20Poly1305Encrypt(randomBytes(size), NONCE, AD, KEY).subarray(),
      );
      const open =
        (bytes: Uint8Array, ad = AD, key = KEY) =>
        () =>
          noiseCrypto.chaCha20Poly1305Decrypt(bytes, NONCE, ad, key);
      const changedAt = (at: number): Buffer => {
        const copy = Buffer.from(sealed);
        copy.writeUInt8(copy.readUInt8(at) ^ 1, at);
        return copy;
      };
      expect(open(Buffer.from(sealed))).to.not.throw();
      for (const attempt of [
        open(changedAt(0)),
        open(changedAt(sealed.length - 1)),
        open(Buffer.from(sealed), randomBytes(32)),
        open(Buffer.from(sealed), AD, randomBytes(32)),
      ])
        expect(attempt).to.throw();
    }
  });

  function inPieces(bytes: Uint8Array, count: number): Uint8Array | Uint8ArrayList {
    if (count === 1) return Uint8Array.from(bytes);
    const step = Math.ceil(bytes.length / count);
    const cuts = Array.from({ length: count }, (_, index) =>
      Uint8Array.from(bytes.subarray(index * step, (index + 1) * step)),
    );
    return new Uint8ArrayList(...cuts);
  }
});
