import { type DockerOptions } from "dockerode";

const UNIX = "unix://";

/** Where the engine is; the client's own reading of the environment is overridden. */
export function dockerOptions(host: string): DockerOptions {
  if (host.startsWith(UNIX)) return { socketPath: host.slice(UNIX.length) };
  const url = new URL(host);
  const protocol = url.protocol === "https:" ? "https" : "http";
  return { host: url.hostname, port: url.port === "" ? "2375" : url.port, protocol };
}
