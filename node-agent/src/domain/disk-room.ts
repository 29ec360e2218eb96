/** The owner's word on his disk, in bytes. */
export interface DiskRule {
  /** What must stay free: less than that is nearly full. */
  readonly reserveBytes: bigint;
}

/** Whether nothing more may be begun on a disk. */
export function isNearlyFull(
  { freeBytes }: { readonly freeBytes: bigint },
  { reserveBytes }: DiskRule,
): boolean {
  return freeBytes < reserveBytes;
}
