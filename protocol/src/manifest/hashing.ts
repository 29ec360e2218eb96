import canonicalizeModule from "canonicalize";
import { encodeAbiParameters, type Hex, keccak256, stringToBytes } from "viem";
import { ProtocolError } from "../errors/index.ts";
import { type OpenPart } from "./open-part.ts";
import { type SealedPart } from "./sealed-part.ts";

// The package is CommonJS and its types say ES module; what arrives is the function itself.
const canonicalize = canonicalizeModule as unknown as (input: unknown) => string | undefined;

/** RFC 8785 text of a part: the one text that is hashed, sealed and compared. */
export function canonicalText(part: OpenPart | SealedPart): string {
  const text = canonicalize(part);
  if (text === undefined) throw new ProtocolError("INPUT_INVALID", "This is no part of a manifest.");
  return text;
}

/**
 * keccak256(abi.encode(bytes32 salt, keccak256(UTF-8 of the canonical text))).
 *
 * @param salt 32 random bytes; without them the hash would give away a part that can be guessed.
 */
export function hashOpenPart(openPart: OpenPart, salt: Hex): Hex {
  return hashSalted(canonicalText(openPart), salt);
}

/** As `hashOpenPart`. The salt travels inside the sealed bytes. */
export function hashSealedPart(sealedPart: SealedPart, salt: Hex): Hex {
  return hashSalted(canonicalText(sealedPart), salt);
}

/** keccak256(abi.encode(openPartHash, sealedPartHash)), as ILeaseMarket. */
export function manifestHashOf(openPartHash: Hex, sealedPartHash: Hex): Hex {
  return keccak256(
    encodeAbiParameters([{ type: "bytes32" }, { type: "bytes32" }], [openPartHash, sealedPartHash]),
  );
}

function hashSalted(text: string, salt: Hex): Hex {
  return keccak256(
    encodeAbiParameters([{ type: "bytes32" }, { type: "bytes32" }], [salt, keccak256(stringToBytes(text))]),
  );
}
