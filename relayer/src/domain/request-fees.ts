/** Wei per gas, EIP-1559. */
export interface Fees {
  readonly maxFeePerGas: bigint;
  readonly maxPriorityFeePerGas: bigint;
}

/** What the chain asks now, wei per gas. */
export interface FeeMarket {
  readonly baseFee: bigint;
  readonly tip: bigint;
}

/** Nodes take a replacement from 10 % more on, some from 12.5 %: both fees rise by an eighth at least. */
const STEP_NUMERATOR = 9n;
const STEP_DENOMINATOR = 8n;
/** The base fee doubles within six full blocks. */
const BASE_FEE_ROOM = 2n;

const INTRINSIC_GAS = 21_000n;
/** EIP-2028, and the floor of EIP-7623, for bytes that are not zero. */
const GAS_PER_BYTE = 16n;
const FLOOR_GAS_PER_BYTE = 40n;
/** Words of `execute` besides the request's call data: selector, offsets, six fields, two lengths, the signature. */
const EXECUTE_BYTES = 4n + 32n * 14n;
/**
 * What the forwarder itself takes, with room: the signer's first nonce 22,100, the question to the target 3,000, the
 * signature 3,000, the event 2,500, memory.
 */
const FORWARDER_GAS = 60_000n;

/** Gas of a transfer that moves nothing. */
export const FILLER_GAS = INTRINSIC_GAS;

/**
 * Gas limit of the transaction that carries a request. The forwarder reverts unless the called contract could have
 * had all that the request names: by EIP-150 that takes 64/63 of it.
 *
 * @param request.gas Gas for the called contract. @param request.dataBytes Length of the call data.
 */
export function executeGas({ gas, dataBytes }: { readonly gas: bigint; readonly dataBytes: number }): bigint {
  const bytes = EXECUTE_BYTES + BigInt(Math.ceil(dataBytes / 32) * 32);
  const forwarded = (gas * 64n) / 63n + 2n;
  const limit = INTRINSIC_GAS + bytes * GAS_PER_BYTE + FORWARDER_GAS + forwarded;
  const floor = INTRINSIC_GAS + bytes * FLOOR_GAS_PER_BYTE;
  return limit > floor ? limit : floor;
}

/** @param cap Highest fee per gas, wei. @returns undefined while the chain asks for more than the cap. */
export function firstFees({ baseFee, tip }: FeeMarket, cap: bigint): Fees | undefined {
  if (baseFee >= cap) return undefined;
  const maxFeePerGas = least(baseFee * BASE_FEE_ROOM + tip, cap);
  return { maxFeePerGas, maxPriorityFeePerGas: least(tip, maxFeePerGas) };
}

/** Fees of a transaction that replaces another. @returns undefined when the cap leaves no room for a step. */
export function bumpedFees(old: Fees, market: FeeMarket, cap: bigint): Fees | undefined {
  const leastFee = stepUp(old.maxFeePerGas);
  const leastTip = stepUp(old.maxPriorityFeePerGas);
  const wanted = most(leastFee, market.baseFee * BASE_FEE_ROOM + market.tip);
  const maxFeePerGas = least(wanted, cap);
  const maxPriorityFeePerGas = least(most(leastTip, market.tip), maxFeePerGas);
  if (maxFeePerGas < leastFee || maxPriorityFeePerGas < leastTip) return undefined;
  return { maxFeePerGas, maxPriorityFeePerGas };
}

/** Most that a transaction can cost, wei. */
export function worstCost(gas: bigint, { maxFeePerGas }: Pick<Fees, "maxFeePerGas">): bigint {
  return gas * maxFeePerGas;
}

function stepUp(fee: bigint): bigint {
  return (fee * STEP_NUMERATOR + STEP_DENOMINATOR - 1n) / STEP_DENOMINATOR + (fee === 0n ? 1n : 0n);
}

function least(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}

function most(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}
