/** The owner's word on his disk, in bytes. */
export interface DiskRule {
  /** What must stay free: less than that is nearly full. */
  readonly reserveBytes: bigint;
}

interface Space {
  readonly freeBytes: bigint;
}

/** Whether nothing more may be begun on a disk. */
export function isNearlyFull({ freeBytes }: Space, { reserveBytes }: DiskRule): boolean {
  return freeBytes < reserveBytes;
}

/** What must become free on a disk that is nearly full: twice the reserve, so that it is not nearly full again at once. */
export function missingBytes(space: Space, rule: DiskRule): bigint {
  return isNearlyFull(space, rule) ? 2n * rule.reserveBytes - space.freeBytes : 0n;
}
