/** How many there are under one key. */
export interface Count<Key> {
  readonly key: Key;
  number: number;
}

/** Counts by key; what counts nothing is not kept. Who comes looks the key up once, and who goes does not. */
export class Tally<Key> {
  readonly #counts = new Map<Key, Count<Key>>();

  /** @returns The count of a key now, for `add` before anything else happens. */
  of(key: Key): Count<Key> {
    return this.#counts.get(key) ?? { key, number: 0 };
  }

  /** One more. */
  add(count: Count<Key>): void {
    if (count.number === 0) this.#counts.set(count.key, count);
    count.number += 1;
  }

  /** One less, of those that were added. */
  remove(count: Count<Key>): void {
    count.number -= 1;
    if (count.number === 0) this.#counts.delete(count.key);
  }
}
