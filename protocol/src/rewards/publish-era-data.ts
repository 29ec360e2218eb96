import canonicalizeModule from "canonicalize";
import { type Hex, sha256, stringToBytes } from "viem";
import { ProtocolError } from "../errors/index.ts";
import { type EraData } from "./era-data.ts";

// The package's types say `default`; Node gives the function itself.
const canonicalize = canonicalizeModule as unknown as (input: unknown) => string | undefined;

export interface PublishedEraData {
  /** RFC 8785 JSON: the same data gives the same bytes. Big numbers are decimal strings. */
  readonly text: string;
  /** SHA-256 of the text in UTF-8: what EraRewards.postRoot takes as `dataHash`. */
  readonly dataHash: Hex;
  /** Content id of the text: CIDv1, raw, base 16. */
  readonly cid: string;
}

/** What a gateway serves beside a root. Read it back with parseEraData after comparing the hash. */
export function publishEraData(data: EraData): PublishedEraData {
  const text = canonicalize(withStrings(data));
  if (text === undefined) throw new ProtocolError("INTERNAL", "The era data is not JSON.");
  const dataHash = hashOfEraText(text);
  return { text, dataHash, cid: `f01551220${dataHash.slice(2)}` };
}

/** SHA-256 of published data as it was fetched. */
export function hashOfEraText(text: string): Hex {
  return sha256(stringToBytes(text));
}

function withStrings(value: unknown): unknown {
  if (typeof value === "bigint") return value.toString();
  if (Array.isArray(value)) return value.map(withStrings);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, withStrings(part)]));
}
