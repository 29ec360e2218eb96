import type Dockerode from "dockerode";
import { writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { makeSelfSignedPair } from "../../relayer/src/self-signed-pair.ts";
import { type Cleanup } from "../../scripts/lib/cleanup.ts";
import { findProgram, REGISTRY } from "../../scripts/lib/ensure-program.ts";
import { freePort } from "../../scripts/lib/free-port.ts";
import { spawnDaemon } from "../../scripts/lib/spawn-daemon.ts";
import { createTempDir } from "../../scripts/lib/temp-dir.ts";

/** Whether Debian's docker-registry is installed. */
export function hasRegistry(): boolean {
  return findProgram(REGISTRY) !== undefined;
}

/** Who may use a private registry. */
export const REGISTRY_USER = { username: "fizz-ci", password: "s3cret-of-registry" } as const;
/** As `htpasswd -nbB` writes it. */
const HTPASSWD = `${REGISTRY_USER.username}:$2y$05$abcdefghijklmnopqrstuuPmRdm84vEx44EnRIfatH7i9AXwtk6Re\n`;
const DAY_MS = 86_400_000;

export interface RegistryInit {
  /** Asks for the name and password of `REGISTRY_USER`, over TLS; an engine takes any certificate on loopback. */
  readonly isPrivate?: boolean;
}

/** A real, empty image registry on loopback; gives its `host:port`. */
export async function startRegistry(cleanup: Cleanup, init: RegistryInit = {}): Promise<string> {
  const program = findProgram(REGISTRY) ?? "docker-registry";
  const dir = cleanup.use("registry's folder", await createTempDir("registry"));
  const port = await freePort();
  const host = `127.0.0.1:${port}`;
  const config = join(dir.path, "config.yml");
  const storage = `storage: {filesystem: {rootdirectory: ${dir.path}/data}, delete: {enabled: true}}`;
  const more = init.isPrivate === true ? await privateLines(dir.path) : { auth: "", tls: "" };
  const http = `http: {addr: "${host}"${more.tls}}`;
  await writeFile(config, `version: 0.1\nlog: {level: error}\n${storage}\n${http}\n${more.auth}`);
  const daemon = await spawnDaemon({
    name: "registry",
    argv: [program, "serve", config],
    logDir: dir.path,
    readyProbe: async () => await accepts(port),
  });
  cleanup.use("registry", daemon);
  return host;
}

async function privateLines(dir: string): Promise<{ auth: string; tls: string }> {
  const users = join(dir, "htpasswd");
  await writeFile(users, HTPASSWD);
  const pair = await makeSelfSignedPair({ names: ["registry.test"], now: Date.now(), validMs: DAY_MS });
  await writeFile(join(dir, "cert.pem"), pair.cert);
  await writeFile(join(dir, "key.pem"), pair.key);
  return {
    auth: `auth: {htpasswd: {realm: fizz, path: ${users}}}\n`,
    tls: `, tls: {certificate: ${dir}/cert.pem, key: ${dir}/key.pem}`,
  };
}

async function accepts(port: number): Promise<boolean> {
  return await new Promise((resolve) => {
    const socket = connect({ port, host: "127.0.0.1" });
    const done = (is: boolean) => (): void => {
      socket.destroy();
      resolve(is);
    };
    socket.once("connect", done(true));
    socket.once("error", done(false));
  });
}

export interface PushInit {
  /** An image that the engine has. */
  readonly from: string;
  /** `host:port/name:tag` */
  readonly to: string;
  readonly auth?: { readonly username: string; readonly password: string };
}

/** Puts an image into a registry, and leaves no name of it on the engine. */
export async function pushImage(docker: Dockerode, { from, to, auth }: PushInit): Promise<void> {
  const colon = to.lastIndexOf(":");
  await docker.getImage(from).tag({ repo: to.slice(0, colon), tag: to.slice(colon + 1) });
  const authconfig = auth === undefined ? {} : { ...auth, serveraddress: to.split("/")[0] ?? "" };
  const output = await docker.getImage(to).push({ authconfig });
  await new Promise<void>((resolve, reject) => {
    docker.modem.followProgress(output, (error: Error | null, messages: { error?: string }[]) => {
      const failed = error?.message ?? messages.find((message) => message.error !== undefined)?.error;
      if (failed === undefined) resolve();
      else reject(new Error(failed));
    });
  });
  const { RepoDigests: digests } = await docker.getImage(to).inspect();
  const repository = to.slice(0, colon);
  for (const name of [to, ...digests.filter((digest) => digest.startsWith(`${repository}@`))])
    await docker
      .getImage(name)
      .remove()
      .catch(() => undefined);
}
