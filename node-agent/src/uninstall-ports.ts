import { type Leftover } from "./domain/uninstall.ts";

/** Everything that one node has made on an engine, and nothing else. Throws as Engine. */
export interface Leftovers {
  list(signal: AbortSignal): Promise<readonly Leftover[]>;
  /** Does nothing for what is gone. */
  remove(leftover: Leftover, signal: AbortSignal): Promise<void>;
}
