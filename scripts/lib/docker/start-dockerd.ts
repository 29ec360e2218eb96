import { existsSync, mkdirSync } from "node:fs";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import type Dockerode from "dockerode";
import { type Stoppable, withCleanupOnFailure } from "../cleanup.ts";
import { tryLock } from "../lock-file.js";
import { LOOPBACK, type Place } from "../place.ts";
import { runCommand } from "../run-command.ts";
import { ScriptError } from "../script-error.ts";
import { type Daemon, spawnDaemon } from "../spawn-daemon.ts";
import { withSystemPath } from "../system-path.ts";
import { createTempDir } from "../temp-dir.ts";
import { DockerdService } from "./dockerd-service.ts";
import { connectEngine, isEngineUp } from "./find-engine.ts";

const READY_TIMEOUT_MS = 60_000;
const STOP_GRACE_MS = 25_000;
const SHUTDOWN_SECONDS = 10;
const MAX_DATA_ROOTS = 32;

/** Where an engine of ours keeps its images, and in which network it lives. */
export interface DockerdInit {
  /** Folder of the data roots; the first one in it that no other process uses is taken, and kept for the next time. */
  readonly dataDir: string;
  /** Where it lives: this machine unless told. */
  readonly place?: Place;
  /** Whether containers outlive the engine; not unless told. */
  readonly liveRestore?: boolean;
  /** More of its configuration file. */
  readonly config?: Readonly<Record<string, unknown>>;
  readonly verbose?: boolean;
  readonly signal?: AbortSignal;
}

/** How an engine of ours is ended before it is started again. */
export interface DockerdRestart {
  /** Ends it without a chance to do anything. */
  readonly isKilled?: boolean;
  /** Of the next one; as before unless told. */
  readonly liveRestore?: boolean;
  readonly config?: Readonly<Record<string, unknown>>;
}

/** An engine that ends with us, and is started again when it dies of a defect of its own. */
export interface Dockerd extends Stoppable {
  readonly host: string;
  readonly client: Dockerode;
  /** Of the process that runs now. */
  readonly pid: number;
  /** Ends it and starts it again on the same data; resolves when it answers. */
  restart(how?: DockerdRestart): Promise<void>;
}

/** The dockerd program on this machine, or undefined. */
export function findDockerd(): string | undefined {
  const folders = withSystemPath(process.env["PATH"]).split(delimiter);
  return folders.map((folder) => join(folder, "dockerd")).find((path) => existsSync(path));
}

/**
 * Starts a Docker Engine of our own, beside whatever else runs: own socket, own process id file, own data root, no
 * default bridge, none of the system's configuration. `stop` removes its containers and networks, ends it and
 * unmounts what it left.
 */
export async function startDockerd(program: string, init: DockerdInit): Promise<Dockerd> {
  return await withCleanupOnFailure(async (cleanup) => {
    const run = cleanup.use("engine's run folder", await createTempDir("docker"));
    const data = takeDataRoot(init.dataDir);
    cleanup.defer("engine's data root", data.release);
    await mkdir(data.path, { recursive: true });
    // Networks that a killed engine left: nobody uses them, and Debian's engine panics on those that it wrote half.
    await rm(join(data.path, "network"), { recursive: true, force: true });
    const socket = join(run.path, "docker.sock");
    const host = `unix://${socket}`;
    cleanup.defer("engine's mounts", () => unmountBelow([run.path, data.path]));
    const client = connectEngine(host);
    let config = { ...init.config, "live-restore": init.liveRestore === true };
    const service = new DockerdService(
      () => spawnDockerd(program, { ...init, config, folder: run.path, dataRoot: data.path, host }),
      join(run.path, "exec", "containerd", "containerd.pid"),
    );
    await service.start();
    cleanup.defer("engine", () => service.stop());
    cleanup.defer("engine's containers", () => sweep(service, client));
    return {
      host,
      client,
      get pid() {
        return service.pid;
      },
      restart: async ({ isKilled = false, liveRestore, config: changes } = {}) => {
        await service.stop({ isKilled });
        config = { ...config, ...changes };
        if (liveRestore !== undefined) config["live-restore"] = liveRestore;
        await service.start();
      },
      stop: () => cleanup.stop(),
    };
  });
}

interface SpawnInit extends DockerdInit {
  readonly config: Readonly<Record<string, unknown>>;
  /** Of its socket, configuration and process id. */
  readonly folder: string;
  readonly dataRoot: string;
  readonly host: string;
}

async function spawnDockerd(program: string, init: SpawnInit): Promise<Daemon> {
  const { folder, dataRoot, host } = init;
  const config = join(folder, "daemon.json");
  await writeFile(config, JSON.stringify(init.config));
  const argv = [program, "--config-file", config, "--host", host, "--data-root", dataRoot];
  argv.push("--exec-root", join(folder, "exec"), "--pidfile", join(folder, "dockerd.pid"));
  argv.push("--bridge", "none", "--shutdown-timeout", String(SHUTDOWN_SECONDS), "--log-level", "warn");
  return await spawnDaemon({
    name: "dockerd",
    argv: [...(init.place ?? LOOPBACK).prefix, ...argv],
    logDir: folder,
    readyProbe: () => isEngineUp(host),
    readyTimeoutMs: READY_TIMEOUT_MS,
    graceMs: STOP_GRACE_MS,
    ...(init.verbose === undefined ? {} : { verbose: init.verbose }),
    ...(init.signal === undefined ? {} : { signal: init.signal }),
  }).catch((error: unknown) => Promise.reject(explainFailure(error)));
}

function explainFailure(cause: unknown): ScriptError {
  const details = cause instanceof ScriptError ? cause.details : String(cause);
  const message =
    "The Docker Engine is installed but does not start on this machine (in a container it needs --privileged). " +
    "Start one yourself, or point DOCKER_HOST at one. It said:";
  return new ScriptError("DOCKER_NOT_STARTED", message, { details, cause });
}

function takeDataRoot(dataDir: string): { path: string; release: () => void } {
  mkdirSync(dataDir, { recursive: true });
  for (let index = 1; index <= MAX_DATA_ROOTS; index += 1) {
    const path = join(dataDir, String(index));
    const release = tryLock(`${path}.lock`);
    if (release !== undefined) return { path, release };
  }
  throw new ScriptError(
    "DOCKER_NOT_STARTED",
    `All ${MAX_DATA_ROOTS} engine folders in ${dataDir} are in use.`,
  );
}

/** Everything in an engine of our own is ours: what its users did not remove goes now. */
async function sweep(service: DockerdService, client: Dockerode): Promise<void> {
  if (!service.isRunning()) return;
  for (const container of await client.listContainers({ all: true })) {
    await client.getContainer(container.Id).remove({ force: true, v: true }).catch(ignoreGone);
  }
  for (const network of await client.listNetworks()) {
    if (["none", "host", "bridge"].includes(network.Name)) continue;
    await client.getNetwork(network.Id).remove().catch(ignoreGone);
  }
}

function ignoreGone(error: unknown): void {
  if ((error as { statusCode?: number }).statusCode !== 404) throw error;
}

/** A killed engine leaves its overlay, namespace and bind mounts. */
async function unmountBelow(folders: readonly string[]): Promise<void> {
  const table = await readFile("/proc/self/mountinfo", "utf8").catch(() => "");
  const points = table.split("\n").map((line) => line.split(" ")[4] ?? "");
  const left = points.filter((point) =>
    folders.some((folder) => point === folder || point.startsWith(`${folder}/`)),
  );
  for (const point of left.reverse()) await runCommand(["umount", "--lazy", point]);
}
