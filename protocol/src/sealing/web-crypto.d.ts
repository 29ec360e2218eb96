/**
 * The HPKE library speaks of Web Crypto's global types, which this room does not load: it has neither the DOM's
 * types nor Node's. These merge with the DOM's where both are loaded.
 */
interface CryptoKey {
  readonly extractable: boolean;
}

interface CryptoKeyPair {
  privateKey: CryptoKey;
  publicKey: CryptoKey;
}
