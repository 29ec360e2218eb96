/** Whether a process with this id exists, ours to signal or not. */
export function isAlive(pid: number): boolean;
/** Takes the lock at once and returns its release, or undefined when a living process holds it. */
export function tryLock(path: string): (() => void) | undefined;
/** Waits for the lock; `onWait` is called once when somebody else holds it. Undefined after `timeoutMs`. */
export function waitForLock(
  path: string,
  options: { timeoutMs: number; onWait?: (owner: string | undefined) => void },
): Promise<(() => void) | undefined>;
