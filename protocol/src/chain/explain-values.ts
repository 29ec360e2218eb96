import { formatEther } from "viem";
import { type ErrorCode } from "../errors/index.ts";

/** From the values of a custom error: its code, and a sentence with them and what to do. */
export type Explain = (args: readonly unknown[]) => readonly [ErrorCode, string];

/** A value as it is. */
export const text = (value: unknown): string => String(value);
/** Wei as ETH. */
export const coin = (value: unknown): string => formatEther(BigInt(text(value)));
/** Unix seconds as a date. */
export const utc = (value: unknown): string => new Date(Number(text(value)) * 1_000).toISOString();
/** 1/10000 as percent. */
export const percent = (value: unknown): string => `${Number(value) / 100} %`;
/** A refusal with no code of its own. */
export const reverted = (sentence: (args: readonly unknown[]) => string): Explain => {
  return (args) => ["TX_REVERTED", sentence(args)];
};
