import { type Hex } from "viem";
import {
  hashOpenPart,
  hashSealedPart,
  type Manifest,
  manifestHashOf,
  type OpenPart,
  openPartOf,
  type SealedPart,
  sealedPartOf,
} from "../manifest/index.ts";
import { randomBytes32 } from "./random.ts";

/** A manifest split into what bidders see and what only the chosen node reads, each salted and hashed. */
export interface Order {
  readonly openPart: OpenPart;
  readonly openSalt: Hex;
  readonly openPartHash: Hex;
  readonly sealedPart: SealedPart;
  readonly sealedSalt: Hex;
  readonly sealedPartHash: Hex;
  readonly manifestHash: Hex;
}

export interface OrderSalts {
  /** Reused by an update whose open part stays the same, so that its hash stays too. */
  readonly openSalt?: Hex;
  readonly sealedSalt?: Hex;
}

/** Splits and hashes a manifest. Fresh salts unless given. */
export function composeOrder(manifest: Manifest, salts: OrderSalts = {}): Order {
  const openPart = openPartOf(manifest);
  const sealedPart = sealedPartOf(manifest);
  const openSalt = salts.openSalt ?? randomBytes32();
  const sealedSalt = salts.sealedSalt ?? randomBytes32();
  const openPartHash = hashOpenPart(openPart, openSalt);
  const sealedPartHash = hashSealedPart(sealedPart, sealedSalt);
  const manifestHash = manifestHashOf(openPartHash, sealedPartHash);
  return { openPart, openSalt, openPartHash, sealedPart, sealedSalt, sealedPartHash, manifestHash };
}
