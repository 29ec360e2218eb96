import { setTimeout as delay } from "node:timers/promises";
import { type Engine, findEngine } from "../../scripts/lib/docker/find-engine.ts";
import { ScriptError } from "../../scripts/lib/script-error.ts";

/** Longer than a test that runs beside this one holds the engine up. */
const PATIENCE_MS = 90_000;
const RETRY_MS = 1_000;

/** The engine of this machine, waited for while it is held up; undefined when there is none. */
export async function findEngineInTime(): Promise<Engine | undefined> {
  const end = Date.now() + PATIENCE_MS;
  for (;;) {
    try {
      return await findEngine();
    } catch (error) {
      const isHeldUp = error instanceof ScriptError && error.code === "DOCKER_UNREACHABLE";
      if (!isHeldUp || Date.now() >= end) throw error;
    }
    await delay(RETRY_MS);
  }
}
