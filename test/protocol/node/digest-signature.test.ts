import { publicKeyOfPrivateKey } from "@fizz/protocol/identity";
import { nativeCurve, portableCurve, recoverDigestKey, signDigest } from "@fizz/protocol/node";
import { expect } from "chai";
import fc from "fast-check";
import { bytesToHex, type Hex, hexToBytes, recoverAddress } from "viem";
import { privateKeyToAddress } from "viem/accounts";

const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
const KEY: Hex = `0x${"42".repeat(32)}`;
const DIGEST = new Uint8Array(32).fill(7);

describe("signatures of digests", () => {
  it("are native on the machines that the package has a build for", () => {
    const built = ["linux-x64", "darwin-arm64", "win32-x64"];
    expect(nativeCurve !== undefined).to.equal(built.includes(`${process.platform}-${process.arch}`));
  });

  it("are the same in native code and in JavaScript, and tell their signer", async () => {
    const digests = fc.uint8Array({ minLength: 32, maxLength: 32 });
    await fc.assert(
      fc.asyncProperty(digests, async (digest) => {
        const signature = signDigest(digest, KEY);
        expect(signDigest(digest, KEY, portableCurve)).to.equal(signature);
        const key = publicKeyOfPrivateKey(KEY);
        expect(recoverDigestKey(digest, signature)).to.equal(key);
        expect(recoverDigestKey(digest, signature, portableCurve)).to.equal(key);
        const hash = bytesToHex(digest);
        expect(await recoverAddress({ hash, signature })).to.equal(privateKeyToAddress(KEY));
      }),
      { numRuns: 20 },
    );
  });

  it("are refused in a form that a contract does not read, or when they are none", () => {
    const good = hexToBytes(signDigest(DIGEST, KEY));
    const s = BigInt(bytesToHex(good.subarray(32, 64)));
    const high = hexToBytes(`0x${(ORDER - s).toString(16).padStart(64, "0")}`);
    const v = good[64] ?? 0;
    const bad: Uint8Array[] = [
      Uint8Array.of(...good.subarray(0, 32), ...high, 55 - v),
      Uint8Array.of(...good.subarray(0, 64), v - 27),
      Uint8Array.of(...good.subarray(0, 64), v + 2),
      good.subarray(0, 64),
      Uint8Array.of(...good, 0),
      new Uint8Array(65).fill(0).with(64, 27),
      new Uint8Array(65).fill(255).with(64, 27),
    ];
    for (const curve of [nativeCurve, portableCurve])
      for (const [index, bytes] of bad.entries())
        expect(recoverDigestKey(DIGEST, bytesToHex(bytes), curve), `case ${index}`).to.equal(undefined);
  });
});
