import { stat } from "node:fs/promises";
import Dockerode from "dockerode";
import { ScriptError } from "../script-error.ts";

const DEFAULT_SOCKET = "/var/run/docker.sock";
const PING_TIMEOUT_MS = 5000;

/** An engine that answered. */
export interface Engine {
  /** As in DOCKER_HOST: `unix:///…` or `tcp://…`. */
  readonly host: string;
  readonly client: Dockerode;
}

/** Client for an engine at an address of the form that DOCKER_HOST has. `timeout` in milliseconds, for every call. */
export function connectEngine(host: string, timeout?: number): Dockerode {
  const limit = timeout === undefined ? {} : { timeout };
  if (host.startsWith("unix://"))
    return new Dockerode({ ...limit, socketPath: host.slice("unix://".length) });
  const url = new URL(host);
  return new Dockerode({ ...limit, host: url.hostname, port: Number(url.port || 2375), protocol: "http" });
}

/** Whether an engine answers at this address. Throws when it is there and refuses this user. */
export async function isEngineUp(host: string): Promise<boolean> {
  try {
    await connectEngine(host, PING_TIMEOUT_MS).ping();
    return true;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== "EACCES") return false;
    const message =
      `The Docker Engine at ${host} refuses this user. Allow it (sudo usermod -aG docker "$USER", then log in ` +
      "again), or run this command with sudo.";
    throw new ScriptError("DOCKER_DENIED", message, { cause });
  }
}

/** The engine that DOCKER_HOST names, or the system's own; undefined when there is none. */
export async function findEngine(): Promise<Engine | undefined> {
  const named = process.env["DOCKER_HOST"];
  if (named !== undefined && named !== "") {
    if (await isEngineUp(named)) return { host: named, client: connectEngine(named) };
    const message = `No Docker Engine answers at ${named} (DOCKER_HOST). Start it, or unset DOCKER_HOST.`;
    throw new ScriptError("DOCKER_UNREACHABLE", message);
  }
  if ((await stat(DEFAULT_SOCKET).catch(() => undefined)) === undefined) return undefined;
  const host = `unix://${DEFAULT_SOCKET}`;
  return (await isEngineUp(host)) ? { host, client: connectEngine(host) } : undefined;
}
