const COMPACT_ABOVE = 64;
/** Places that an empty queue keeps. */
const KEPT_PLACES = 1_024;

/** A queue whose front is taken in constant time. It keeps the places of what it held, which costs no memory anew. */
export class Fifo<Item> {
  #items: (Item | undefined)[] = [];
  #head = 0;
  #tail = 0;

  get length(): number {
    return this.#tail - this.#head;
  }

  push(item: Item): void {
    this.#items[this.#tail] = item;
    this.#tail += 1;
  }

  shift(): Item | undefined {
    if (this.#head === this.#tail) return undefined;
    const item = this.#items[this.#head];
    this.#items[this.#head] = undefined;
    this.#head += 1;
    if (this.#head === this.#tail) this.#reset();
    else if (this.#head > COMPACT_ABOVE && this.#head * 2 > this.#tail) this.#compact();
    return item;
  }

  #reset(): void {
    this.#head = 0;
    this.#tail = 0;
    if (this.#items.length > KEPT_PLACES) this.#items = [];
  }

  #compact(): void {
    this.#items = this.#items.slice(this.#head, this.#tail);
    this.#tail -= this.#head;
    this.#head = 0;
  }
}
