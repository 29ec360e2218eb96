import { ProtocolError } from "../errors/index.ts";
import { type Amount, amount } from "./units.ts";

export const PER_HOUR_SECONDS = 3_600;
const DECIMAL = /^(\d{1,40})(?:\.(\d{1,30}))?$/;

/**
 * Reads a decimal number of tokens, exactly.
 *
 * @param text Digits with at most one point, such as `"0.005"`.
 * @param decimals Decimals of the token, 0 to 30.
 * @throws ProtocolError INPUT_INVALID when it is not a number, or finer than the token.
 */
export function parseAmount(text: string, decimals = 18): Amount {
  const match = DECIMAL.exec(text.trim());
  if (match === null)
    throw new ProtocolError("INPUT_INVALID", `"${text}" is not an amount. Write digits, such as 0.25.`);
  const fraction = (match[2] ?? "").replace(/0+$/, "");
  if (fraction.length > decimals)
    throw new ProtocolError("INPUT_INVALID", `"${text}" has more than ${decimals} decimals.`);
  return amount(BigInt((match[1] ?? "0") + fraction.padEnd(decimals, "0")));
}

/**
 * Writes token units as a decimal number, without trailing zeros.
 *
 * @param value Token units.
 * @param decimals Decimals of the token.
 * @param maxFraction Most digits after the point; the rest is cut off, never rounded up.
 */
export function formatAmount(value: bigint, decimals = 18, maxFraction = decimals): string {
  const digits = (value < 0n ? -value : value).toString().padStart(decimals + 1, "0");
  const whole = digits.slice(0, digits.length - decimals);
  const fraction = digits
    .slice(digits.length - decimals)
    .slice(0, maxFraction)
    .replace(/0+$/, "");
  return `${value < 0n ? "-" : ""}${whole}${fraction === "" ? "" : `.${fraction}`}`;
}
