import { type CompleteService } from "./complete-resources.ts";

const MIB = 1_024n ** 2n;
const GIB = 1_024n ** 3n;
/** Decimals of the figures below. */
const DECIMALS = 11;
/** What a node asks per hour whose owner has set no prices, in 1e-11 of a coin. */
const PER_MILLI_CPU = 400n;
const PER_MEMORY_MIB = 98n;
const PER_STORAGE_GIB = 2_000n;
const PER_GPU = 10_000_000n;
/** A price is a ceiling: nodes that ask for more than the usual may bid too. */
const HEADROOM = 25n;
const LEAST = 10_000_000n;

/** A ceiling for one replica and hour, in whole coins: 25 times what a node asks by itself, one digit, rounded up. */
export function suggestPrice({ resources, volumes }: Pick<CompleteService, "resources" | "volumes">): string {
  const { milliCpu, memoryBytes, storageBytes, gpu } = resources;
  const shared = volumes.filter((volume) => volume.class === "ram");
  const disks = volumes.filter((volume) => volume.class !== "ram");
  const memory = shared.reduce((sum, { sizeBytes }) => sum + sizeBytes, memoryBytes);
  const storage = disks.reduce((sum, { sizeBytes }) => sum + sizeBytes, storageBytes);
  const usual =
    BigInt(milliCpu) * PER_MILLI_CPU +
    (memory / MIB) * PER_MEMORY_MIB +
    (storage / GIB) * PER_STORAGE_GIB +
    BigInt(gpu?.units ?? 0) * PER_GPU;
  const ceiling = usual * HEADROOM;
  return showDecimal(roundUp(ceiling < LEAST ? LEAST : ceiling));
}

function roundUp(value: bigint): bigint {
  const unit = 10n ** BigInt(String(value).length - 1);
  return ((value + unit - 1n) / unit) * unit;
}

function showDecimal(value: bigint): string {
  const digits = String(value).padStart(DECIMALS + 1, "0");
  const fraction = digits.slice(-DECIMALS).replace(/0+$/, "");
  const whole = digits.slice(0, -DECIMALS);
  return fraction === "" ? whole : `${whole}.${fraction}`;
}
