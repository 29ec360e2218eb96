/** "Fizz" in ASCII: other programs may take locks in the same database. */
const NAMESPACE = 0x46_69_7a_7a;
const NUMBERS = { migration: 1, "sole part": 2, history: 3, certificates: 4, rounds: 5 } as const;
export type LockName = keyof typeof NUMBERS;

/** The two keys of an advisory lock, as SQL. */
export function advisoryLock(name: LockName): string {
  return `${NAMESPACE}, ${NUMBERS[name]}`;
}
