import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Stoppable } from "./cleanup.ts";

/** A folder under the system's temporary folder; `stop` removes it with everything in it. */
export interface TempDir extends Stoppable {
  readonly path: string;
}

/** Makes a temporary folder whose name begins with `fizz-<name>-`. */
export async function createTempDir(name: string): Promise<TempDir> {
  const path = await mkdtemp(join(tmpdir(), `fizz-${name}-`));
  return {
    path,
    stop: () => rm(path, { recursive: true, force: true, maxRetries: 3 }),
  };
}
