import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Cleanup } from "../../scripts/lib/cleanup.ts";
import { childEnvironment } from "../../scripts/lib/child-environment.ts";
import { freePort } from "../../scripts/lib/free-port.ts";
import { spawnDaemon } from "../../scripts/lib/spawn-daemon.ts";
import { isListening } from "./is-listening.ts";
import { type DebianProgram, IPERF3, NGINX, unpackProgram } from "./programs.ts";
import { type BenchContext, runProcess } from "./run-process.ts";

/** Servers that stand for containers, by what they do; the value is their port. */
export interface Origins {
  /** iperf3. */
  readonly bulk: number;
  /** A short answer of nginx. */
  readonly http: number;
  /** Gives back what it gets. */
  readonly echo: number;
}

export const ORIGINS = ["bulk", "http", "echo"] as const satisfies readonly (keyof Origins)[];

/** Starts the servers that everything is measured against. */
export async function startOrigins(context: BenchContext, cleanup: Cleanup): Promise<Origins> {
  const [bulk, http, echo] = [await freePort(), await freePort(), await freePort()];
  const iperf = await unpackProgram(IPERF3);
  await startServer(
    {
      name: "iperf3",
      argv: [iperf.path, "-s", "-B", "127.0.0.1", "-p", String(bulk)],
      env: iperf.env,
      port: bulk,
    },
    context,
    cleanup,
  );
  await startHttpOrigin(http, context, cleanup);
  const { daemon } = await runProcess({ file: "echo.ts", args: [echo] }, context);
  cleanup.use("echo", daemon);
  return { bulk, http, echo };
}

/** nginx with one short answer. */
export async function startHttpOrigin(port: number, context: BenchContext, cleanup: Cleanup): Promise<void> {
  await startNginx({ name: "nginx-origin", config: httpOrigin(port), port }, context, cleanup);
}

const httpOrigin = (port: number): string => `
  http {
    access_log off; keepalive_requests 1000000000; keepalive_timeout 300s;
    server { listen 127.0.0.1:${port} backlog=4096; location / { default_type text/plain; return 200 "hello\\n"; } }
  }`;

export interface NginxInit {
  readonly name: string;
  /** Blocks besides `events`. */
  readonly config: string;
  readonly port: number;
  readonly modules?: readonly DebianProgram[];
}

/** One process of nginx with settings of its own. */
export async function startNginx(
  { name, config, port, modules = [] }: NginxInit,
  context: BenchContext,
  cleanup: Cleanup,
): Promise<void> {
  const nginx = await unpackProgram(NGINX);
  const file = join(context.dir, `${name}.conf`);
  const load = (await Promise.all(modules.map(unpackProgram)))
    .map(({ path }) => `load_module ${path};`)
    .join("\n");
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
    .map((kind) => `${kind}_temp_path ${context.dir};`)
    .join(" ");
  const text = `${load}
  daemon off; master_process off; pid ${context.dir}/${name}.pid; error_log stderr crit;
  worker_rlimit_nofile 16384; events { worker_connections 8192; multi_accept on; }
  ${config.replace(/http \{/, `http { ${temporary}`)}\n`;
  await writeFile(file, text);
  const argv = [nginx.path, "-p", context.dir, "-e", "stderr", "-c", file];
  await startServer({ name, argv, env: nginx.env, port }, context, cleanup);
}

export interface ServerInit {
  readonly name: string;
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly port: number;
}

/** A foreign program that listens on a port. */
export async function startServer(
  { name, argv, env, port }: ServerInit,
  { dir, signal }: BenchContext,
  cleanup: Cleanup,
): Promise<void> {
  const daemon = await spawnDaemon({
    name,
    argv,
    env: childEnvironment(env),
    logDir: dir,
    readyProbe: () => isListening(port),
    readyTimeoutMs: 15_000,
    graceMs: 2_000,
    signal,
  });
  cleanup.use(name, daemon);
}
