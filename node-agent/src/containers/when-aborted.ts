/** For what takes no signal itself: rejects once the signal aborts. @throws DOMException AbortError, which `engineError` knows */
export async function whenAborted(signal: AbortSignal): Promise<never> {
  return await new Promise((_resolve, reject) => {
    const onAbort = (): void => {
      reject(new DOMException("No answer.", "AbortError"));
    };
    if (signal.aborted) onAbort();
    signal.addEventListener("abort", onAbort, { once: true });
  });
}
