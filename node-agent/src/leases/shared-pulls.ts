import { ProtocolError } from "@fizz/protocol/errors";
import { type ImageFacts, type OnPullProgress } from "../ports.ts";

/** Pulls that run at once; others wait. */
export const MAX_PULLS = 3;

export interface PullAsk {
  readonly onProgress: OnPullProgress;
  readonly signal: AbortSignal;
}

type Pull = (ask: PullAsk) => Promise<ImageFacts>;

interface Running {
  readonly result: Promise<ImageFacts>;
  readonly listeners: Set<{ readonly onProgress: OnPullProgress }>;
  readonly abort: AbortController;
}

/** Pulls of one key are one pull. It ends when nobody waits for it any more. */
export class SharedPulls {
  readonly #running = new Map<string, Running>();
  readonly #waiting: (() => void)[] = [];
  #busy = 0;

  /** @param pull Used when none of this key runs. @throws what the pull throws; TIMEOUT when the signal aborts */
  async join(key: string, { onProgress, signal }: PullAsk, pull: Pull): Promise<ImageFacts> {
    const running = this.#running.get(key) ?? this.#begin(key, pull);
    const listener = { onProgress };
    running.listeners.add(listener);
    const stop = new AbortController();
    try {
      return await Promise.race([running.result, whenAborted(signal, stop.signal)]);
    } finally {
      stop.abort();
      running.listeners.delete(listener);
      if (running.listeners.size === 0) {
        if (this.#running.get(key) === running) this.#running.delete(key);
        running.abort.abort();
      }
    }
  }

  #begin(key: string, pull: Pull): Running {
    const abort = new AbortController();
    const listeners: Running["listeners"] = new Set();
    const onProgress: OnPullProgress = (percent, totalBytes) => {
      for (const listener of listeners) listener.onProgress(percent, totalBytes);
    };
    const result = this.#inTurn(abort.signal, async () => await pull({ onProgress, signal: abort.signal }));
    // Those who wait are told.
    result.catch(() => undefined);
    const running = { result, listeners, abort };
    this.#running.set(key, running);
    return running;
  }

  async #inTurn(signal: AbortSignal, task: () => Promise<ImageFacts>): Promise<ImageFacts> {
    // Whoever began it listens before it tells anything.
    await Promise.resolve();
    if (this.#busy >= MAX_PULLS) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#busy += 1;
    try {
      if (signal.aborted) throw stopped();
      return await task();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#busy -= 1;
      else next();
    }
  }
}

async function whenAborted(signal: AbortSignal, stop: AbortSignal): Promise<never> {
  return await new Promise((_resolve, reject) => {
    const onAbort = (): void => {
      reject(stopped());
    };
    if (signal.aborted) onAbort();
    signal.addEventListener("abort", onAbort, { once: true });
    stop.addEventListener("abort", () => {
      signal.removeEventListener("abort", onAbort);
    });
  });
}

function stopped(): ProtocolError {
  return new ProtocolError("TIMEOUT", "The pull of an image was stopped.");
}
