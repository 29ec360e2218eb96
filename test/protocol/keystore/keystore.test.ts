import { createCipheriv, createDecipheriv, scryptSync } from "node:crypto";
import { expect } from "chai";
import { concat, keccak256 } from "viem";
import { generatePrivateKey, privateKeyToAddress } from "viem/accounts";
import { type Keystore, keystoreSchema, openKey, sealKey } from "@fizz/protocol/keystore";
import { codeOf } from "../../support/code-of.ts";

/** scrypt made cheap: what is tested is the form, not the cost. */
const FAST = { scryptN: 2 ** 4 };

describe("keystore", () => {
  it("gives the key back for its password", async () => {
    const key = generatePrivateKey();
    const keystore = await sealKey(key, "correct horse", FAST);
    expect(keystore.address).to.equal(privateKeyToAddress(key));
    expect(await openKey(keystore, "correct horse")).to.equal(key);
  });

  it("holds neither key nor password, and has fresh salts each time", async () => {
    const key = generatePrivateKey();
    const [first, second] = [
      await sealKey(key, "correct horse", FAST),
      await sealKey(key, "correct horse", FAST),
    ];
    expect(JSON.stringify(first)).not.to.include(key.slice(2)).and.not.to.include("correct horse");
    expect(first.crypto.ciphertext).not.to.equal(second.crypto.ciphertext);
  });

  it("is what its schema reads, with a strong scrypt when none is given", async () => {
    const keystore = await sealKey(generatePrivateKey(), "correct horse");
    expect(keystoreSchema.parse(JSON.parse(JSON.stringify(keystore)))).to.deep.equal(keystore);
    expect(keystore.crypto.kdfparams).to.include({ n: 2 ** 17, r: 8, p: 1, dklen: 32 });
  });

  it("refuses a wrong password", async () => {
    const keystore = await sealKey(generatePrivateKey(), "correct horse", FAST);
    expect(await codeOf(openKey(keystore, "wrong horse"))).to.equal("WALLET_REJECTED");
  });

  it("refuses a file whose ciphertext, tag or address was changed", async () => {
    const keystore = await sealKey(generatePrivateKey(), "correct horse", FAST);
    const { crypto } = keystore;
    const flip = (hex: string): string => (hex.startsWith("0") ? "1" : "0") + hex.slice(1);
    const forged: Keystore[] = [
      { ...keystore, crypto: { ...crypto, ciphertext: flip(crypto.ciphertext) } },
      { ...keystore, crypto: { ...crypto, mac: flip(crypto.mac) } },
      { ...keystore, address: privateKeyToAddress(generatePrivateKey()) },
    ];
    for (const file of forged)
      expect(await codeOf(openKey(file, "correct horse"))).to.equal("WALLET_REJECTED");
  });

  it("does not start a scrypt that would take all memory", () => {
    const kdfparams = { n: 2 ** 30, r: 8, p: 1, dklen: 32, salt: "00" };
    const crypto = {
      cipher: "aes-256-gcm",
      cipherparams: { iv: "00" },
      ciphertext: "00",
      kdf: "scrypt",
      mac: "00",
      kdfparams,
    };
    const address = privateKeyToAddress(generatePrivateKey());
    expect(keystoreSchema.safeParse({ version: 3, id: "x", address, crypto }).success).to.equal(false);
  });

  it("is in the form of every wallet: AES-128-CTR with the keccak MAC", async () => {
    const key = generatePrivateKey();
    const { crypto } = await sealKey(key, "correct horse", FAST);
    const derived = scryptSync("correct horse", Buffer.from(crypto.kdfparams.salt, "hex"), 32, {
      N: 16,
      r: 8,
      p: 1,
    });
    const ciphertext = Buffer.from(crypto.ciphertext, "hex");
    expect(crypto.mac).to.equal(keccak256(concat([derived.subarray(16), ciphertext])).slice(2));
    const iv = Buffer.from(crypto.cipherparams.iv, "hex");
    const decipher = createDecipheriv("aes-128-ctr", derived.subarray(0, 16), iv);
    expect(decipher.update(ciphertext).toString("hex")).to.equal(key.slice(2));
  });

  it("says so when a file asks for a scrypt that cannot be", async () => {
    const keystore = await sealKey(generatePrivateKey(), "correct horse", FAST);
    // RFC 7914, 2: N is below 2^(128 r / 8).
    const kdfparams = { ...keystore.crypto.kdfparams, n: 2 ** 18, r: 1, p: 8 };
    const file = { ...keystore, crypto: { ...keystore.crypto, kdfparams } };
    expect(await codeOf(openKey(file, "correct horse"))).to.equal("STORE_FAILED");
  });

  it("reads what earlier versions wrote: AES-256-GCM over key and address", async () => {
    const key = generatePrivateKey();
    const address = privateKeyToAddress(key);
    const [salt, iv] = [Buffer.alloc(32, 7), Buffer.alloc(12, 9)];
    const derived = scryptSync("correct horse", salt, 32, { N: 16, r: 8, p: 1 });
    const cipher = createCipheriv("aes-256-gcm", derived, iv).setAAD(Buffer.from(address.slice(2), "hex"));
    const ciphertext = Buffer.concat([cipher.update(Buffer.from(key.slice(2), "hex")), cipher.final()]);
    const file = keystoreSchema.parse({
      version: 3,
      id: "5b1f1a3e-0000-4000-8000-000000000000",
      address,
      crypto: {
        cipher: "aes-256-gcm",
        cipherparams: { iv: iv.toString("hex") },
        ciphertext: ciphertext.toString("hex"),
        kdf: "scrypt",
        kdfparams: { n: 16, r: 8, p: 1, dklen: 32, salt: salt.toString("hex") },
        mac: cipher.getAuthTag().toString("hex"),
      },
    });
    expect(await openKey(file, "correct horse")).to.equal(key);
    expect(await codeOf(openKey(file, "wrong horse"))).to.equal("WALLET_REJECTED");
  });
});
