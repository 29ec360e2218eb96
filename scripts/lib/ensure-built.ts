import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { hashFiles } from "./content-hash.ts";
import { waitForLock } from "./lock-file.js";
import { inRoot } from "./paths.ts";
import { withProgress } from "./progress.js";
import { ScriptError } from "./script-error.ts";

const LOCK_TIMEOUT_MS = 10 * 60_000;
const STAMPS = inRoot(".fizz/built");

/** Something that is made from sources and made again only when these change. */
export interface BuildStep {
  readonly name: string;
  readonly label: string;
  /** Glob patterns, relative to the repository. */
  readonly inputs: readonly string[];
  readonly exclude?: readonly string[];
  /** A file that the build leaves; when it is missing, the step runs again. */
  readonly output: string;
  readonly build: () => Promise<unknown>;
}

/** Runs a build step when its sources differ from those of the last time. One process at a time builds. */
export async function ensureBuilt(step: BuildStep): Promise<void> {
  const stamp = `${STAMPS}/${step.name}`;
  if (await isFresh(step, stamp)) return;
  await mkdir(STAMPS, { recursive: true });
  const release = await waitForLock(`${stamp}.lock`, { timeoutMs: LOCK_TIMEOUT_MS });
  if (release === undefined)
    throw new ScriptError("BUILD_LOCKED", `Another build of ${step.name} does not end.`);
  try {
    if (await isFresh(step, stamp)) return;
    const hash = await hashFiles(step.inputs, step.exclude);
    await withProgress(step.label, step.build);
    await writeFile(stamp, hash);
  } finally {
    release();
  }
}

async function isFresh(step: BuildStep, stamp: string): Promise<boolean> {
  if (!existsSync(inRoot(step.output))) return false;
  const built = await readFile(stamp, "utf8").catch(() => "");
  return built !== "" && built === (await hashFiles(step.inputs, step.exclude));
}
