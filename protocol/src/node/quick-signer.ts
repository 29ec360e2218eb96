import { createHash } from "node:crypto";
import { type PrivateKey } from "@libp2p/interface";

/** libsecp256k1, where its package brings it for this kind of machine; undefined elsewhere. */
const native = await import("secp256k1/bindings.js").then(
  ({ default: bindings }) => bindings,
  () => undefined,
);

/**
 * Lets a libp2p key sign in native code, ten times as fast: a gateway signs two or three times for each node that comes.
 * The key itself is changed. A key of another curve, and one on a machine without the native code, stays as it is.
 */
export function quickSigner(key: PrivateKey): PrivateKey {
  if (native === undefined || key.type !== "secp256k1") return key;
  const { ecdsaSign, signatureExport } = native;
  const sign: PrivateKey["sign"] = (message, options) => {
    options?.signal?.throwIfAborted();
    const hash = createHash("sha256");
    for (const part of message instanceof Uint8Array ? [message] : message) hash.update(part);
    return signatureExport(ecdsaSign(hash.digest(), key.raw).signature);
  };
  return Object.assign(key, { sign });
}
