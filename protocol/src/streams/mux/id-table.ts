/** Places at first, and of a table that is empty again. A power of two, as all sizes are. */
const LEAST_PLACES = 16;

interface Identified {
  readonly id: number;
}

/**
 * Things that come and go by the thousand a second, by number: open addressing with linear probing, where a removal moves
 * back what probed past it (Knuth, The Art of Computer Programming, volume 3, section 6.4, algorithm R).
 *
 * A Map would do, but for one thing: V8 gives it a new table again and again as its keys change, and an old table refers to
 * the one after it (`OrderedHashTable::Rehash`). Once one of them has survived two collections of young objects, all later ones
 * are kept until the next full collection, and with them every channel that was ever in them.
 */
export class IdTable<Item extends Identified> {
  #places: (Item | undefined)[] = emptyPlaces(LEAST_PLACES);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get(id: number): Item | undefined {
    return this.#places[this.#find(id)];
  }

  has(id: number): boolean {
    return this.get(id) !== undefined;
  }

  /** Adds an item whose number is free. */
  add(item: Item): void {
    if (this.#size * 2 >= this.#places.length) this.#grow();
    this.#places[this.#find(item.id)] = item;
    this.#size += 1;
  }

  /** @returns Whether it was there. */
  delete(id: number): boolean {
    const at = this.#find(id);
    if (this.#places[at] === undefined) return false;
    this.#places[at] = undefined;
    this.#size -= 1;
    if (this.#size === 0) this.clear();
    else this.#moveBack(at);
    return true;
  }

  clear(): void {
    this.#size = 0;
    if (this.#places.length > LEAST_PLACES) this.#places = emptyPlaces(LEAST_PLACES);
    else this.#places.fill(undefined);
  }

  *[Symbol.iterator](): Generator<Item, void, void> {
    for (const item of this.#places) if (item !== undefined) yield item;
  }

  /** The place of a number, or the free one that ends its search. */
  #find(id: number): number {
    const places = this.#places;
    const mask = places.length - 1;
    let at = id & mask;
    for (let item = places[at]; item !== undefined && item.id !== id; item = places[at]) at = (at + 1) & mask;
    return at;
  }

  /** Fills a place that was freed with what would not be found past it any more. */
  #moveBack(freed: number): void {
    const places = this.#places;
    const mask = places.length - 1;
    let free = freed;
    let at = (free + 1) & mask;
    for (let item = places[at]; item !== undefined; item = places[at]) {
      const isPast = ((at - (item.id & mask)) & mask) >= ((at - free) & mask);
      if (isPast) {
        places[free] = item;
        places[at] = undefined;
        free = at;
      }
      at = (at + 1) & mask;
    }
  }

  #grow(): void {
    const before = this.#places;
    this.#places = emptyPlaces(before.length * 2);
    for (const item of before) if (item !== undefined) this.#places[this.#find(item.id)] = item;
  }
}

function emptyPlaces<Item>(length: number): (Item | undefined)[] {
  return new Array<Item | undefined>(length).fill(undefined);
}
