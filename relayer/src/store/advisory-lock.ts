/** "Fizz" in ASCII: other programs may take locks in the same database. */
const NAMESPACE = 0x46_69_7a_7a;
const NUMBERS = { migration: 1, "sole part": 2 } as const;

/** The two keys of an advisory lock, as SQL. */
export function advisoryLock(name: keyof typeof NUMBERS): string {
  return `${NAMESPACE}, ${NUMBERS[name]}`;
}
