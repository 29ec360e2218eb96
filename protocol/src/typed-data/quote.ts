import {
  encodeAbiParameters,
  type Hex,
  hashTypedData,
  keccak256,
  pad,
  recoverPublicKey,
  recoverTypedDataAddress,
  slice,
  type TypedDataDefinition,
} from "viem";
import { z } from "zod";
import { addressSchema, bytes32Schema, hexSchema, uintSchema } from "../messages/primitives.ts";
import { type FizzDomain } from "./domain.ts";
import { quoteHash } from "./quote-hash.ts";
import { quoteTypes } from "./types.ts";

const uint = (bits: number) =>
  z
    .number()
    .int()
    .min(0)
    .max(2 ** bits - 1);

/** A node's bid; field by field as in ILeaseMarket.Quote. Big numbers travel as decimal strings. */
export const quoteSchema = z.strictObject({
  nodeId: uintSchema(64),
  subnetId: uint(32),
  tenant: addressSchema,
  token: addressSchema,
  ratePerSecond: uintSchema(96),
  resources: uintSchema(128),
  openPartHash: bytes32Schema,
  sealingKey: bytes32Schema,
  startWindowSeconds: uint(32),
  noticeSeconds: uint(32),
  minSeconds: uint(32),
  maxSeconds: uint(32),
  reservationSeconds: uint(16),
  subnetCutBps: uint(16),
  protocolCutBps: uint(16),
  expiresAt: uint(40),
  nonce: uintSchema(256),
});
export type Quote = z.infer<typeof quoteSchema>;

export const signedQuoteSchema = z.strictObject({ quote: quoteSchema, signature: hexSchema(65) });
export type SignedQuote = z.infer<typeof signedQuoteSchema>;

/** What `signTypedData` of an account takes. */
export function quoteTypedData(
  domain: FizzDomain,
  quote: Quote,
): TypedDataDefinition<typeof quoteTypes, "Quote"> {
  return { domain, types: quoteTypes, primaryType: "Quote" as const, message: quote };
}

/** Address that signed the quote. Compare it with the node's operator on chain. */
export async function recoverQuoteSigner(domain: FizzDomain, signed: SignedQuote): Promise<Hex> {
  return await recoverTypedDataAddress({
    ...quoteTypedData(domain, signed.quote),
    signature: signed.signature,
  });
}

/** Uncompressed public key that signed the quote: the libp2p identity of the node. */
export async function recoverQuotePublicKey(domain: FizzDomain, signed: SignedQuote): Promise<Hex> {
  const hash = hashTypedData(quoteTypedData(domain, signed.quote));
  return await recoverPublicKey({ hash, signature: signed.signature });
}

export interface LeaseHashInput {
  readonly chainId: number;
  readonly market: Hex;
  readonly tenant: Hex;
  readonly quote: Quote;
  readonly manifestHash: Hex;
  readonly salt: Hex;
}

/** 184 bits; the contract stores other fields beside them. */
const LEASE_HASH_BYTES = 23;

/** Content id of a lease, as ILeaseMarket.open computes it: the last 9 bytes of its 32 are zero. */
export function leaseHash(input: LeaseHashInput): Hex {
  const hash = keccak256(
    encodeAbiParameters(
      [
        { type: "uint256" },
        { type: "address" },
        { type: "address" },
        { type: "bytes32" },
        { type: "bytes32" },
        { type: "bytes32" },
      ],
      [
        BigInt(input.chainId),
        input.market,
        input.tenant,
        quoteHash(input.quote),
        input.manifestHash,
        input.salt,
      ],
    ),
  );
  return pad(slice(hash, 0, LEASE_HASH_BYTES), { dir: "right" });
}
