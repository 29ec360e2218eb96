/** Aborts when it was not touched for so long. */
export class IdleTimer {
  readonly #expired = new AbortController();
  readonly #timer: NodeJS.Timeout;
  #isTouched = false;

  constructor(idleMs: number) {
    this.#timer = setInterval(() => {
      if (!this.#isTouched) this.#expired.abort();
      this.#isTouched = false;
    }, idleMs);
  }

  get signal(): AbortSignal {
    return this.#expired.signal;
  }

  touch(): void {
    this.#isTouched = true;
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}
