import { type Stoppable, withCleanupOnFailure } from "../cleanup.ts";
import { inRoot } from "../paths.ts";
import { withProgress } from "../progress.js";
import { ScriptError } from "../script-error.ts";
import { type Engine, findEngine } from "./find-engine.ts";
import { readFirewall, restoreFirewall } from "./firewall.ts";
import { installDocker } from "./install-docker.ts";
import { findDockerd, startDockerd } from "./start-dockerd.ts";

/** Images stay here between runs, so that the second start is quick. */
const DATA_DIR = inRoot(".fizz/docker");

/** An engine to work with. `stop` ends it when we started it, and does nothing when it was there before. */
export interface DockerHandle extends Engine, Stoppable {
  readonly startedByUs: boolean;
}

/** How far to go to get an engine. */
export interface EnsureDockerInit {
  readonly verbose?: boolean;
  readonly signal?: AbortSignal;
}

/**
 * Finds a Docker Engine that answers, or starts one of our own, installing Debian's where there is none and we may.
 * Otherwise throws a {@link ScriptError} that says what to do.
 */
export async function ensureDocker(init: EnsureDockerInit = {}): Promise<DockerHandle> {
  const found = await findEngine();
  if (found !== undefined) return { ...found, startedByUs: false, stop: () => Promise.resolve() };
  if (findDockerd() === undefined) {
    await installDocker();
    // Where there is an init system, the package has started the engine already.
    const started = await findEngine();
    if (started !== undefined) return { ...started, startedByUs: false, stop: () => Promise.resolve() };
  }
  return await startOwn(init);
}

async function startOwn(init: EnsureDockerInit): Promise<DockerHandle> {
  const program = findDockerd();
  if (program === undefined)
    throw new ScriptError("DOCKER_NOT_INSTALLED", "dockerd is still missing after the install.");
  if (process.getuid?.() !== 0) {
    const message =
      "Docker Engine is installed but does not run, and only root may start it. Start it (sudo systemctl start " +
      "docker), or run this command with sudo.";
    throw new ScriptError("DOCKER_NOT_RUNNING", message);
  }
  return await withCleanupOnFailure(async (cleanup) => {
    const before = await readFirewall();
    cleanup.defer("packet rules", () => restoreFirewall(before));
    const engine = await withProgress("Starting a Docker Engine", () =>
      startDockerd(program, { ...init, dataDir: DATA_DIR }),
    );
    cleanup.use("engine", engine);
    return { host: engine.host, client: engine.client, startedByUs: true, stop: () => cleanup.stop() };
  });
}
