import { hkdfSync } from "node:crypto";
import { peerIdOfPublicKey, publicKeyOfPrivateKey } from "@fizz/protocol/identity";
import { bytesToHex, type Hex, hexToBytes } from "viem";

const PURPOSE = "fizz gateway forward 1";
const KEY_BYTES = 32;

/**
 * The key of one process for its links to the others. Whoever has the operator key can make it, and nobody else: a
 * handshake that proves it proves that. HKDF, RFC 5869.
 */
export function forwardKey(operatorKey: Hex, processId: string): Hex {
  const bytes = hkdfSync("sha256", hexToBytes(operatorKey), processId, PURPOSE, KEY_BYTES);
  return bytesToHex(new Uint8Array(bytes));
}

export function forwardPeerId(operatorKey: Hex, processId: string): string {
  return peerIdOfPublicKey(publicKeyOfPrivateKey(forwardKey(operatorKey, processId)));
}
