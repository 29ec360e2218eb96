import { Aes256Gcm, CipherSuite, HkdfSha256 } from "@hpke/core";
import { DhkemX25519HkdfSha256 } from "@hpke/dhkem-x25519";
import { bytesToHex, type Hex, hexToBytes } from "viem";
import { ProtocolError } from "../errors/index.ts";
import { type Sealed } from "../messages/order.ts";

/** RFC 9180 base mode: DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-256-GCM. */
const suite = new CipherSuite({
  kem: new DhkemX25519HkdfSha256(),
  kdf: new HkdfSha256(),
  aead: new Aes256Gcm(),
});

export interface SealingKeyPair {
  /** 32 bytes, published in a quote. */
  readonly publicKey: Hex;
  /** 32 bytes, never leaves the node. */
  readonly privateKey: Hex;
}

export async function generateSealingKeyPair(): Promise<SealingKeyPair> {
  const pair = await suite.kem.generateKeyPair();
  const [publicKey, privateKey] = await Promise.all([
    suite.kem.serializePublicKey(pair.publicKey),
    suite.kem.serializePrivateKey(pair.privateKey),
  ]);
  return {
    publicKey: bytesToHex(new Uint8Array(publicKey)),
    privateKey: bytesToHex(new Uint8Array(privateKey)),
  };
}

/**
 * Encrypts to the key of a quote.
 *
 * @param sealingKey `quote.sealingKey`, 32 bytes.
 * @param plaintext Canonical JSON of the sealed part with its salt.
 * @param info The manifest hash: a ciphertext cannot be moved to another manifest.
 */
export async function seal(sealingKey: Hex, plaintext: Uint8Array, info: Hex): Promise<Sealed> {
  const recipientPublicKey = await suite.kem.deserializePublicKey(buffer(hexToBytes(sealingKey)));
  const sender = await suite.createSenderContext({ recipientPublicKey, info: buffer(hexToBytes(info)) });
  const ciphertext = await sender.seal(buffer(plaintext));
  return { enc: bytesToHex(new Uint8Array(sender.enc)), ciphertext: bytesToHex(new Uint8Array(ciphertext)) };
}

/** Decrypts what was sealed. @throws ProtocolError UNSEAL_FAILED when the key, the info or the bytes are wrong. */
export async function unseal(privateKey: Hex, sealed: Sealed, info: Hex): Promise<Uint8Array> {
  try {
    const recipientKey = await suite.kem.deserializePrivateKey(buffer(hexToBytes(privateKey)));
    const recipient = await suite.createRecipientContext({
      recipientKey,
      enc: buffer(hexToBytes(sealed.enc)),
      info: buffer(hexToBytes(info)),
    });
    return new Uint8Array(await recipient.open(buffer(hexToBytes(sealed.ciphertext))));
  } catch (cause) {
    throw new ProtocolError("UNSEAL_FAILED", "The sealed part cannot be opened with the key of the quote.", {
      cause,
    });
  }
}

/** The library takes ArrayBuffers; a view may be part of a larger one. */
function buffer(view: Uint8Array): ArrayBuffer {
  return new Uint8Array(view).buffer;
}
