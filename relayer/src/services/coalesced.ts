/** Runs a task when asked to, never twice at the same time; whoever asks meanwhile gets one more run after it. */
export class Coalesced {
  readonly #task: () => Promise<void>;
  #running: Promise<void> | undefined;
  #isAskedAgain = false;

  /** @param task Handles its own failures. */
  constructor(task: () => Promise<void>) {
    this.#task = task;
  }

  ask(): void {
    this.#isAskedAgain = true;
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
    });
  }

  /** Resolves when nothing runs. */
  async settled(): Promise<void> {
    await this.#running;
  }

  async #run(): Promise<void> {
    while (this.#isAskedAgain) {
      this.#isAskedAgain = false;
      await this.#task();
    }
  }
}
