import { Fifo } from "./fifo.ts";

/** Something that takes turns. */
export interface Turn {
  /** Whether it has something to send now. */
  readonly isReady: boolean;
  /** Kept by the rotation. */
  isListed: boolean;
}

/**
 * Whose turn is it: round robin, and who has little to send and was idle goes first, once (as FQ-CoDel has it, RFC 8290
 * section 4.1). Nobody waits for more than one turn of each other, and nobody gains by pretending to be idle: after
 * a first turn the place is at the end of the round, whether anything is left or not.
 */
export class Rotation<Item extends Turn> {
  readonly #first = new Fifo<Item>();
  readonly #round = new Fifo<Item>();

  /** Whether nobody is listed. */
  get isEmpty(): boolean {
    return this.#first.length === 0 && this.#round.length === 0;
  }

  /** @param goesFirst Whether it has little to send. */
  add(item: Item, goesFirst: boolean): void {
    if (item.isListed) return;
    item.isListed = true;
    (goesFirst ? this.#first : this.#round).push(item);
  }

  /** Next in turn, or undefined when nobody is ready. */
  next(): Item | undefined {
    for (let item = this.#first.shift(); item !== undefined; item = this.#first.shift()) {
      this.#round.push(item);
      if (item.isReady) return item;
    }
    for (let item = this.#round.shift(); item !== undefined; item = this.#round.shift()) {
      if (item.isReady) {
        this.#round.push(item);
        return item;
      }
      item.isListed = false;
    }
    return undefined;
  }
}
