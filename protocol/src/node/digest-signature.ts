import { secp256k1 } from "@noble/curves/secp256k1.js";
import { bytesToHex, type Hex, hexToBytes } from "viem";
import { nativeSecp256k1 } from "./native-secp256k1.ts";

/** Signing and recovering on 64 bytes of r and s, and the number (0 or 1) that tells the signer's key among two. */
interface Curve {
  sign(digest: Uint8Array, key: Uint8Array): { readonly signature: Uint8Array; readonly recid: number };
  /** @returns The compressed key. @throws any error for what is no signature. */
  recover(signature: Uint8Array, recid: number, digest: Uint8Array): Uint8Array;
}

const RS_BYTES = 64;
const SIGNATURE_BYTES = 65;
const FIRST_V = 27;
const HALF_ORDER = secp256k1.Point.Fn.ORDER >> 1n;
const S_AT = 32;

/** In JavaScript: an eleventh of the speed to sign, a twentieth to recover. */
export const portableCurve: Curve = {
  sign: (digest, key) => {
    const [recid = 0, ...rest] = secp256k1.sign(digest, key, { prehash: false, format: "recovered" });
    return { signature: Uint8Array.from(rest), recid };
  },
  recover: (signature, recid, digest) =>
    secp256k1.recoverPublicKey(Uint8Array.of(recid, ...signature), digest, { prehash: false }),
};

/** Undefined where there is no native code for this kind of machine. */
export const nativeCurve: Curve | undefined = nativeSecp256k1 && {
  sign: nativeSecp256k1.ecdsaSign,
  recover: nativeSecp256k1.ecdsaRecover,
};

const fastest = nativeCurve ?? portableCurve;

/** Signature of a 32-byte digest as contracts read it: r, s in the lower half, v of 27 or 28. */
export function signDigest(digest: Uint8Array, privateKey: Hex, curve: Curve = fastest): Hex {
  const { signature, recid } = curve.sign(digest, hexToBytes(privateKey));
  return bytesToHex(Uint8Array.of(...signature, FIRST_V + recid));
}

/**
 * Whose signature of a digest it is, as OpenZeppelin's ECDSA has it: 65 bytes, s in the lower half, v of 27 or 28.
 *
 * @returns The compressed public key; undefined for what is no such signature.
 */
export function recoverDigestKey(
  digest: Uint8Array,
  signature: Hex,
  curve: Curve = fastest,
): Hex | undefined {
  const bytes = hexToBytes(signature);
  const recid = (bytes[RS_BYTES] ?? 0) - FIRST_V;
  if (bytes.length !== SIGNATURE_BYTES || recid < 0 || recid > 1 || isHigh(bytes)) return undefined;
  try {
    return bytesToHex(curve.recover(bytes.subarray(0, RS_BYTES), recid, digest));
  } catch {
    return undefined;
  }
}

function isHigh(signature: Uint8Array): boolean {
  return BigInt(bytesToHex(signature.subarray(S_AT, RS_BYTES))) > HALF_ORDER;
}
