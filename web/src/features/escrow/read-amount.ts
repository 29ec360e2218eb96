import { ProtocolError } from "@fizz/protocol/errors";
import { parseAmount } from "@fizz/protocol/units";
import { coin } from "../../format/format.ts";

const ETHER_DECIMALS = 18;

export type AmountResult =
  { readonly ok: true; readonly wei: bigint } | { readonly ok: false; readonly problem: string };

/**
 * Reads an amount of ether that a person typed.
 *
 * @param max Wei that there are.
 */
export function readAmount(text: string, max?: bigint): AmountResult {
  if (text.trim() === "") return { ok: false, problem: "Write an amount first, such as 0.05." };
  try {
    const wei = parseAmount(text, ETHER_DECIMALS);
    if (wei === 0n) return { ok: false, problem: "Write an amount above zero." };
    if (max !== undefined && wei > max) return { ok: false, problem: `Only ${coin(max)} is free.` };
    return { ok: true, wei };
  } catch (error) {
    if (error instanceof ProtocolError) return { ok: false, problem: error.message };
    throw error;
  }
}
