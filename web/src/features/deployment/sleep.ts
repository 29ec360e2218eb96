/** Waits, or until the signal. Never rejects. */
export async function sleep(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener("abort", done);
  });
}

/** Whether a signal fired by now. A function, because the compiler takes `signal.aborted` for the same after a wait. */
export function isAborted(signal: AbortSignal): boolean {
  return signal.aborted;
}
