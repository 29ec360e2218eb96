import { retryDelayMs } from "./back-off.ts";
import { type Action } from "./plan-facts.ts";

/** Tells apart what two plans do; empty for one that does nothing, or only waits. */
export function workOf(actions: readonly Action[]): string {
  return actions
    .filter(({ type }) => type !== "wait" && type !== "tear-down")
    .map((action) => `${action.type} ${whatOf(action)}`)
    .join();
}

/**
 * Wait before the next look after work was done, in milliseconds. Work that the look after it asks for again was without
 * effect, as with an engine that has created a container and does not list it: asked again at once, it would be for ever.
 *
 * @param repeats How often in a row the same work was done before; 0 the first time.
 * @param jitter As in `retryDelayMs`.
 */
export function lookAgainMs(repeats: number, jitter: number): number {
  return repeats === 0 ? 0 : retryDelayMs(repeats, jitter);
}

function whatOf(action: Action): string {
  if ("container" in action) return action.container.id;
  if ("desired" in action) return action.desired.digest;
  return "version" in action ? action.version.toString() : "";
}
