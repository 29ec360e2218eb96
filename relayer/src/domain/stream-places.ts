import { ProtocolError } from "@fizz/protocol/errors";

export interface StreamPlacesInit {
  /** Of all together. */
  readonly total: number;
  /** Of one holder. */
  readonly each: number;
  /** A holder has as many as it may. */
  readonly onRefused: () => void;
}

/** Places for what stays open, so many of all and so many of each holder. */
export class StreamPlaces {
  readonly #init: StreamPlacesInit;
  readonly #held = new Map<string, number>();
  #taken = 0;

  constructor(init: StreamPlacesInit) {
    this.#init = init;
  }

  /** @returns What gives the place back; a second time does nothing. @throws ProtocolError LIMIT_REACHED */
  take(holder: string): () => void {
    const { total, each, onRefused } = this.#init;
    if (this.#taken >= total)
      throw new ProtocolError(
        "LIMIT_REACHED",
        `This gateway serves ${total} such streams and takes no more.`,
      );
    const held = this.#held.get(holder) ?? 0;
    if (held >= each) {
      onRefused();
      throw new ProtocolError("LIMIT_REACHED", `You have ${each} such streams open. End one of them first.`);
    }
    this.#taken += 1;
    this.#held.set(holder, held + 1);
    let isHeld = true;
    return () => {
      if (!isHeld) return;
      isHeld = false;
      this.#taken -= 1;
      const left = (this.#held.get(holder) ?? 1) - 1;
      if (left === 0) this.#held.delete(holder);
      else this.#held.set(holder, left);
    };
  }
}
