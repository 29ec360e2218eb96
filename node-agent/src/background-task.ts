/** Something that runs from start to stop, once at a time. */
export class BackgroundTask {
  readonly #run: (signal: AbortSignal) => Promise<void>;
  #stop: AbortController | undefined;
  #running: Promise<void> = Promise.resolve();

  /** @param run Ends soon after its signal aborts, and never throws. */
  constructor(run: (signal: AbortSignal) => Promise<void>) {
    this.#run = run;
  }

  start(): void {
    if (this.#stop !== undefined) return;
    this.#stop = new AbortController();
    this.#running = this.#run(this.#stop.signal);
  }

  async stop(): Promise<void> {
    this.#stop?.abort();
    this.#stop = undefined;
    await this.#running;
  }
}
