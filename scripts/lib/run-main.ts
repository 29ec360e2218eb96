import { constants } from "node:os";
import { setTimeout as delay } from "node:timers/promises";
import { Cleanup } from "./cleanup.ts";
import { describeError } from "./script-error.ts";

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
/** The terminal and npm may both deliver one Ctrl-C; only a later one is meant as "now". */
const SAME_CTRL_C_MS = 1000;
/** Time that `main` has to notice that it is to end. */
const ABORT_GRACE_MS = 60_000;
const KEEP_ALIVE_MS = 60_000;

/** What a script's main function gets. */
export interface MainContext {
  readonly cleanup: Cleanup;
  /** Aborted at the first signal. */
  readonly signal: AbortSignal;
}

/** How a signal ends the process: with 128 + its number, or as a normal end. */
export interface MainOptions {
  readonly signalIsNormalEnd?: boolean;
}

/**
 * Runs a script to its end: a signal aborts it, everything registered for cleanup is ended in every case, a second
 * Ctrl-C ends the process at once. `main` returns the exit code.
 */
export async function runMain(
  main: (context: MainContext) => Promise<number>,
  options: MainOptions = {},
): Promise<never> {
  const cleanup = new Cleanup();
  const controller = new AbortController();
  const { signal } = controller;
  onSignals(controller, options);
  // A terminal that is gone reads nothing: no reason to fail, nor to say so to it.
  for (const output of [process.stdout, process.stderr]) output.on("error", () => undefined);
  process.on("uncaughtException", (error: unknown) => {
    process.stderr.write(`${describeError(error)}\n`);
    void cleanup.stop().finally(() => process.exit(1));
  });

  // A wait for a signal alone would not keep the process alive.
  setInterval(() => undefined, KEEP_ALIVE_MS);
  let exitCode = 1;
  const work = main({ cleanup, signal }).then(
    (code) => {
      exitCode = code;
    },
    (error: unknown) => {
      if (!signal.aborted) process.stderr.write(`${describeError(error)}\n`);
    },
  );
  await Promise.race([work, afterAbort(signal)]);
  await cleanup.stop();
  process.exit(signal.aborted ? exitCodeOf(signal, options) : exitCode);
}

function onSignals(controller: AbortController, options: MainOptions): void {
  let firstAt = 0;
  const onSignal = (name: (typeof SIGNALS)[number]): void => {
    const now = Date.now();
    if (firstAt === 0) {
      firstAt = now;
      process.stderr.write("\nEnding …\n");
      controller.abort(name);
    } else if (now - firstAt > SAME_CTRL_C_MS && name === "SIGINT") {
      process.stderr.write("Ended at once; something may be left behind.\n");
      process.exit(exitCodeOf(controller.signal, options) || 1);
    }
  };
  for (const name of SIGNALS) process.on(name, onSignal);
}

function exitCodeOf(signal: AbortSignal, options: MainOptions): number {
  if (options.signalIsNormalEnd === true) return 0;
  return 128 + constants.signals[signal.reason as (typeof SIGNALS)[number]];
}

/** Resolves some time after the signal was aborted, for a `main` that does not notice. */
async function afterAbort(signal: AbortSignal): Promise<void> {
  await untilAborted(signal);
  await delay(ABORT_GRACE_MS, undefined, { ref: false });
}

/** Resolves when the signal is aborted. */
export async function untilAborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => {
    signal.addEventListener(
      "abort",
      () => {
        resolve();
      },
      { once: true },
    );
  });
}
