import { type Quote } from "../typed-data/index.ts";

/** Bounds of QuoteBook.sol, in seconds. */
const MAX_START_WINDOW_SECONDS = 86_400;
const MAX_NOTICE_SECONDS = 2_592_000;
const MAX_RESERVATION_SECONDS = 600;

/** Points of X25519 of small order, without the highest bit: what is sealed to one of them, anybody can open (RFC 7748, 6.1). */
const WEAK_KEYS = new Set([
  "00".repeat(32),
  `01${"00".repeat(31)}`,
  "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
  "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
  `ec${"ff".repeat(30)}7f`,
  `ed${"ff".repeat(30)}7f`,
  `ee${"ff".repeat(30)}7f`,
]);
const HIGHEST_BIT = 0x80;
const LAST_BYTE_AT = 62;

/**
 * What is wrong with the terms of a quote, whatever was asked, in words; undefined when a lease may come of them. Gateway and
 * clients hold the rest against the order and the chain.
 */
export function faultOfTerms(quote: Quote): string | undefined {
  const { startWindowSeconds, noticeSeconds, reservationSeconds, minSeconds, maxSeconds } = quote;
  const checks: readonly (readonly [boolean, string])[] = [
    [!isWeak(quote.sealingKey), "its sealing key protects nothing"],
    [
      startWindowSeconds >= 1 && startWindowSeconds <= MAX_START_WINDOW_SECONDS,
      "its start deadline is outside the bounds",
    ],
    [noticeSeconds <= MAX_NOTICE_SECONDS, "its notice is longer than the contract takes"],
    [reservationSeconds <= MAX_RESERVATION_SECONDS, "its reservation is longer than the contract takes"],
    [minSeconds <= maxSeconds, "its prepaid bounds are the wrong way round"],
  ];
  return checks.find(([holds]) => !holds)?.[1];
}

function isWeak(sealingKey: string): boolean {
  const hex = sealingKey.slice(2).toLowerCase();
  const last = (Number.parseInt(hex.slice(LAST_BYTE_AT), 16) & ~HIGHEST_BIT).toString(16).padStart(2, "0");
  return WEAK_KEYS.has(`${hex.slice(0, LAST_BYTE_AT)}${last}`);
}
