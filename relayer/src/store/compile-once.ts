import { setFlagsFromString } from "node:v8";

/**
 * V8 compiles a WebAssembly function quickly at its first call, and once more, well, when it has run often. It looks at
 * these when it compiles for the first time, and never again at that function.
 */
const ONCE = ["--no-wasm-dynamic-tiering", "--no-wasm-tier-up"];
const AGAIN = ["--wasm-tier-up", "--wasm-dynamic-tiering"];

/** Several may run at a time: the first sets the flags, the last takes them back. */
let running = 0;

function set(flags: readonly string[]): void {
  for (const flag of flags) setFlagsFromString(flag);
}

function begin(): void {
  if (running === 0) set(ONCE);
  running += 1;
}

function end(): void {
  running -= 1;
  if (running === 0) set(AGAIN);
}

/**
 * Runs something whose WebAssembly functions are compiled the quick way only, for good. For code that is large and
 * seldom hot: docs/adr/0052. Other functions, called for the first time before or after, keep both ways.
 *
 * @param run What it throws is passed on.
 */
export function compileOnceSync<T>(run: () => T): T {
  begin();
  try {
    return run();
  } finally {
    end();
  }
}

/** The same until what it returns has settled: what else is called for the first time meanwhile is compiled once, too. */
export async function compileOnce<T>(run: () => Promise<T>): Promise<T> {
  begin();
  try {
    return await run();
  } finally {
    end();
  }
}
