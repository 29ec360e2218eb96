import { setTimeout as delay } from "node:timers/promises";

/** Asks until the answer is true; the only way these tests wait for another process. */
export async function until(ask: () => Promise<boolean>, what: string, timeoutMs = 60_000): Promise<void> {
  const end = Date.now() + timeoutMs;
  while (Date.now() < end) {
    if (await ask()) return;
    await delay(200);
  }
  throw new Error(`waited ${timeoutMs / 1_000} s in vain until ${what}`);
}
