import { type ProcessFigures, type ProfileEntry } from "./processes/figures.ts";

const TIMEOUT_MS = 30_000;

/** Asks a process of a measurement for its figures. */
export async function readFigures(port: number, signal: AbortSignal): Promise<ProcessFigures> {
  return (await ask(port, "", AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]))) as ProcessFigures;
}

/** Where a process spends its time, the most first, over some seconds. */
export async function readProfile(
  port: number,
  seconds: number,
  signal: AbortSignal,
): Promise<ProfileEntry[]> {
  const limit = AbortSignal.any([signal, AbortSignal.timeout(seconds * 1_000 + TIMEOUT_MS)]);
  return (await ask(port, `profile/${seconds}`, limit)) as ProfileEntry[];
}

async function ask(port: number, path: string, signal: AbortSignal): Promise<unknown> {
  const response = await fetch(`http://127.0.0.1:${port}/${path}`, { signal });
  return await response.json();
}
