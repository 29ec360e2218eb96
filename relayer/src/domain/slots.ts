/**
 * Things that come and go by the thousand a second, each in a place of its own.
 *
 * A Set would do, but for one thing: V8 gives it a new table again and again, and an old table refers to the one after
 * it (`OrderedHashTable::Rehash`). Once one of them has survived two collections of young objects, all later ones are kept until
 * the next full collection, and with them whatever was ever in them.
 */
export class Slots<Item> {
  #items: (Item | undefined)[] = [];
  readonly #free: number[] = [];

  get size(): number {
    return this.#items.length - this.#free.length;
  }

  /** @returns The place, until `free` is called with it. */
  take(item: Item): number {
    const slot = this.#free.pop() ?? this.#items.length;
    this.#items[slot] = item;
    return slot;
  }

  free(slot: number): void {
    this.#items[slot] = undefined;
    this.#free.push(slot);
    if (this.#free.length < this.#items.length) return;
    this.#items = [];
    this.#free.length = 0;
  }

  *[Symbol.iterator](): Generator<Item, void, void> {
    for (const item of this.#items) if (item !== undefined) yield item;
  }
}
