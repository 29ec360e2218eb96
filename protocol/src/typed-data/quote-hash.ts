import { bytesToHex, domainSeparator, type Hex, hexToBytes, keccak256, stringToBytes } from "viem";
import { type FizzDomain } from "./domain.ts";
import { quoteTypes } from "./types.ts";

const WORD_BYTES = 32;
const LIMB_BYTES = 8;
const LIMB_BITS = 64n;
const DOMAIN_PREFIX = Uint8Array.of(0x19, 0x01);

const FIELDS = quoteTypes.Quote;
const TYPE = `Quote(${FIELDS.map(({ type, name }) => `${type} ${name}`).join(",")})`;
const TYPE_HASH = keccak256(stringToBytes(TYPE), "bytes");

/** A quote: values of `Quote`, whose schema bounds them. */
type Fields = Readonly<Record<(typeof FIELDS)[number]["name"], bigint | number | Hex>>;

/**
 * EIP-712 struct hash, as ILeaseMarket.quoteHashOf.
 *
 * @param quote Within the bounds of `quoteSchema`: what is beyond them is cut off.
 */
export function quoteHash(quote: Fields): Hex {
  return bytesToHex(structHash(quote));
}

/**
 * Makes what is signed of each quote: the same as `quoteTypedData`, at a twentieth of its cost. A gateway does this for
 * every node that bids.
 */
export function quoteHasher(domain: FizzDomain): (quote: Fields) => Uint8Array {
  const separator = hexToBytes(domainSeparator({ domain }));
  return (quote) => {
    const signed = new Uint8Array(DOMAIN_PREFIX.length + 2 * WORD_BYTES);
    signed.set(DOMAIN_PREFIX);
    signed.set(separator, DOMAIN_PREFIX.length);
    signed.set(structHash(quote), DOMAIN_PREFIX.length + WORD_BYTES);
    return keccak256(signed, "bytes");
  };
}

/** Every field is a static type: one word each, numbers and addresses on its right. */
function structHash(quote: Fields): Uint8Array {
  const encoded = new Uint8Array((FIELDS.length + 1) * WORD_BYTES);
  const view = new DataView(encoded.buffer);
  encoded.set(TYPE_HASH);
  for (const [index, { name }] of FIELDS.entries())
    writeWord(view, (index + 1) * WORD_BYTES, BigInt(quote[name]));
  return keccak256(encoded, "bytes");
}

function writeWord(view: DataView, at: number, value: bigint): void {
  let rest = value;
  for (let limb = WORD_BYTES - LIMB_BYTES; limb >= 0; limb -= LIMB_BYTES) {
    view.setBigUint64(at + limb, rest);
    rest >>= LIMB_BITS;
  }
}
