import { createRequire, Module } from "node:module";
import type Docker from "dockerode";
import type { DockerOptions } from "dockerode";

const UNIX = "unix://";

const load = createRequire(import.meta.url);
const Client = loadDockerode();

/**
 * A client of the engine at a host; its own reading of the environment is overridden.
 *
 * @param timeoutMs Time for each answer; none when left out.
 */
export function connectDocker(host: string, timeoutMs?: number): Docker {
  return new Client({ ...optionsOf(host), ...(timeoutMs === undefined ? {} : { timeout: timeoutMs }) });
}

function optionsOf(host: string): DockerOptions {
  if (host.startsWith(UNIX)) return { socketPath: host.slice(UNIX.length) };
  const url = new URL(host);
  const protocol = url.protocol === "https:" ? "https" : "http";
  return { host: url.hostname, port: url.port === "" ? "2375" : url.port, protocol };
}

/**
 * dockerode without gRPC, which it has for builds with BuildKit, and without its SSH client: a node uses neither, and they
 * take 9 MiB and a tenth of a second (docs/PERFORMANCE.md, "The node agent"). Whatever imports the package itself, and be
 * it as `import { type … }`, loads all of it again.
 */
function loadDockerode(): typeof Docker {
  const path = load.resolve("dockerode");
  const fromDockerode = createRequire(path);
  const fromModem = createRequire(fromDockerode.resolve("docker-modem"));
  leaveOut(fromDockerode.resolve("./session"));
  leaveOut(fromModem.resolve("./ssh"));
  return load(path) as typeof Docker;
}

/** Whoever loads the module gets one that does nothing. */
function leaveOut(path: string): void {
  load.cache[path] ??= Object.assign(new Module(path), { filename: path, loaded: true, exports: {} });
}
