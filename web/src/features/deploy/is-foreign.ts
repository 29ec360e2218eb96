import type { ManifestCheck } from "./check-manifest.ts";

const SERVICES = /^["']?services["']?\s*:/m;
const MODE = /^\s+["']?mode["']?\s*:\s*["']?(?:fizz|provider)\b/m;

/** Whether a text that is no manifest looks like a Compose file or an Akash SDL. */
export function isForeign({ text, manifest }: ManifestCheck): boolean {
  return text !== undefined && manifest === undefined && SERVICES.test(text) && !MODE.test(text);
}
