import { type Hex } from "viem";
import { z } from "zod";
import { ProtocolError } from "../errors/index.ts";
import {
  hashOpenPart,
  hashSealedPart,
  manifestHashOf,
  type OpenPart,
  openPartSchema,
  type SealedPart,
  sealedPartSchema,
} from "../manifest/index.ts";
import { type ManifestDelivery } from "../messages/order.ts";
import { bytes32Schema } from "../messages/primitives.ts";
import { fromWire, toWire } from "../messages/wire.ts";
import { seal, unseal } from "../sealing/index.ts";
import { type Quote } from "../typed-data/index.ts";
import { type Order } from "./compose-order.ts";

export interface SealInput {
  readonly order: Order;
  /** Quote whose sealing key is used. */
  readonly quote: Quote;
  readonly lid: bigint;
  readonly leaseHash: Hex;
  readonly version: number;
}

/** What travels sealed: the part and the salt of its hash. */
const plaintextSchema = z.strictObject({ part: sealedPartSchema, salt: bytes32Schema });

/** Seals an order to the key of a quote, bound to its manifest hash. */
export async function sealOrder(input: SealInput): Promise<ManifestDelivery> {
  const { order, quote, lid, leaseHash, version } = input;
  const text = toWire({ part: order.sealedPart, salt: order.sealedSalt });
  return {
    lid,
    leaseHash,
    version,
    manifestHash: order.manifestHash,
    quoteNonce: quote.nonce,
    openPart: { ...order.openPart },
    openSalt: order.openSalt,
    sealed: await seal(quote.sealingKey, new TextEncoder().encode(text), order.manifestHash),
  };
}

/** A delivery, opened by its node. */
export interface OpenedDelivery {
  readonly openPart: OpenPart;
  readonly sealedPart: SealedPart;
  readonly sealedSalt: Hex;
  readonly openPartHash: Hex;
  readonly sealedPartHash: Hex;
}

/**
 * Opens a delivery and holds it against its own manifest hash; the caller compares that one with the chain.
 *
 * @param sealingPrivateKey Private key of the quote `delivery.quoteNonce`.
 * @throws ProtocolError UNSEAL_FAILED, INPUT_INVALID, MANIFEST_MISMATCH
 */
export async function openDelivery(
  delivery: ManifestDelivery,
  sealingPrivateKey: Hex,
): Promise<OpenedDelivery> {
  const openPart = fromWire(openPartSchema, delivery.openPart);
  const openPartHash = hashOpenPart(openPart, delivery.openSalt);
  const plaintext = await unseal(sealingPrivateKey, delivery.sealed, delivery.manifestHash);
  const { part: sealedPart, salt: sealedSalt } = fromWire(plaintextSchema, parseJson(plaintext));
  const sealedPartHash = hashSealedPart(sealedPart, sealedSalt);
  if (manifestHashOf(openPartHash, sealedPartHash) !== delivery.manifestHash)
    throw new ProtocolError("MANIFEST_MISMATCH", "The manifest does not hash to what the delivery says.");
  return { openPart, sealedPart, sealedSalt, openPartHash, sealedPartHash };
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes)) as unknown;
  } catch (cause) {
    throw new ProtocolError("INPUT_INVALID", "The sealed part is not JSON.", { cause });
  }
}
