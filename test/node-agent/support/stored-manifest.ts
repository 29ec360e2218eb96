import { type StoredManifest } from "../../../node-agent/src/domain/stored-lease.ts";
import { hashOf } from "./builders.ts";

/** A delivered manifest that is told by its version; nothing opens it. */
export function storedManifest(version: number, changes: Partial<StoredManifest> = {}): StoredManifest {
  return {
    delivery: {
      lid: 1n,
      leaseHash: hashOf("lease"),
      version,
      manifestHash: hashOf(`manifest ${version}`),
      quoteNonce: BigInt(version),
      openPart: { version },
      openSalt: hashOf("salt"),
      sealed: { enc: hashOf("enc"), ciphertext: "0x1234" },
    },
    sealingKey: hashOf(`key ${version}`),
    receivedAt: 5,
    ...changes,
  };
}
