declare const unit: unique symbol;
type Unit<Name extends string> = bigint & { readonly [unit]: Name };

/** Smallest units of a token (wei for the native coin). */
export type Amount = Unit<"amount">;
/** Token units × 1e12 per second, as the contracts count. */
export type Rate = Unit<"rate">;
export type Seconds = Unit<"seconds">;
export type Bytes = Unit<"bytes">;

export const amount = (value: bigint): Amount => value as Amount;
export const rate = (value: bigint): Rate => value as Rate;
export const seconds = (value: bigint): Seconds => value as Seconds;
export const bytes = (value: bigint): Bytes => value as Bytes;
