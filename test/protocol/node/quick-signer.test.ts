import { quickSigner } from "@fizz/protocol/node";
import { generateKeyPair, privateKeyFromRaw } from "@libp2p/crypto/keys";
import { expect } from "chai";
import { Uint8ArrayList } from "uint8arraylist";

const RAW = new Uint8Array(32).fill(0x42);
const MESSAGE = Uint8Array.of(1, 2, 3, 4, 5);

describe("quickSigner", () => {
  it("signs what the library signs, and what it verifies", async () => {
    const slow = privateKeyFromRaw(RAW);
    const quick = quickSigner(privateKeyFromRaw(RAW));
    for (const message of [MESSAGE, new Uint8Array(0), new Uint8Array(100_000).fill(7)]) {
      const signature = await quick.sign(message);
      expect(Buffer.from(signature)).to.deep.equal(Buffer.from(await slow.sign(message)));
      expect(await slow.publicKey.verify(message, signature)).to.equal(true);
    }
    const pieces = new Uint8ArrayList(MESSAGE.subarray(0, 2), MESSAGE.subarray(2));
    expect(Buffer.from(await quick.sign(pieces))).to.deep.equal(Buffer.from(await slow.sign(MESSAGE)));
  });

  it("does not sign when that is called off", () => {
    expect(() =>
      quickSigner(privateKeyFromRaw(RAW)).sign(MESSAGE, { signal: AbortSignal.abort() }),
    ).to.throw();
  });

  it("leaves a key of another curve as it is", async () => {
    const key = await generateKeyPair("Ed25519");
    expect(Object.hasOwn(quickSigner(key), "sign")).to.equal(false);
    const signature = await key.sign(MESSAGE);
    expect(await key.publicKey.verify(MESSAGE, signature)).to.equal(true);
  });
});
