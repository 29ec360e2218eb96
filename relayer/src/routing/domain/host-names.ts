import { concatHex, type Hex, keccak256, numberToHex, stringToHex } from "viem";

const MAX_LABEL = 63;
const ALPHABET = "abcdefghijklmnopqrstuvwxyz234567";
/** 80 bits: as many labels as are tried until one meets a given lease's. */
const TAG_LENGTH = 16;
const BITS_PER_CHARACTER = 5n;
const MASK = 31n;

/**
 * First label of the name under which a port of a lease is reached: the service's name and 80 bits of a hash of lease
 * hash, service and port. It binds the lease hash, not its number, so it is the same through a reorganisation.
 */
export function labelOf(leaseHash: Hex, service: string, port: number): string {
  const digest = BigInt(
    keccak256(concatHex([leaseHash, numberToHex(port, { size: 2 }), stringToHex(service)])),
  );
  let tag = "";
  for (let index = 0n; index < TAG_LENGTH; index += 1n)
    tag += ALPHABET[Number((digest >> (index * BITS_PER_CHARACTER)) & MASK)] ?? "";
  // Hyphens in the third and fourth place are reserved (RFC 5890): such a label would be read as punycode.
  const name = service.startsWith("--", 2) ? `s-${service}` : service;
  return `${name.slice(0, MAX_LABEL - TAG_LENGTH - 1)}-${tag}`;
}

/** Host of a Host header, :authority or server name, as names are compared: lower case, no port, no final dot. */
export function hostOf(authority: string): string {
  let end = authority.length;
  if (authority.charCodeAt(0) === 0x5b) {
    const bracket = authority.indexOf("]");
    if (bracket !== -1) end = bracket + 1;
  } else {
    const colon = authority.indexOf(":");
    if (colon !== -1) end = colon;
  }
  if (authority.charCodeAt(end - 1) === 0x2e) end -= 1;
  return authority.slice(0, end).toLowerCase();
}

/** Whether a name is a domain or below it; a wildcard that covers the domain counts. */
export function isWithin(name: string, domain: string): boolean {
  return name === domain || name.endsWith(`.${domain}`) || name === wildcardOf(domain);
}

/** The wildcard that covers a name. */
export function wildcardOf(name: string): string {
  return `*${name.slice(name.indexOf("."))}`;
}
