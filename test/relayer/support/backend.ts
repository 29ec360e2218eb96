import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { eventually } from "./builders.ts";

/** A proxy of another maker that answers every request with the address it takes for its caller's. */
export interface Backend {
  readonly port: number;
  stop(): Promise<void>;
}

type Program = "haproxy" | "nginx";

/** Whether the program is installed: `apt-get install haproxy nginx-light`. */
export function isInstalled(program: Program): boolean {
  try {
    execFileSync("which", [program]);
    return true;
  } catch {
    return false;
  }
}

/** Starts it in the foreground, wanting a PROXY header on every connection. */
export async function startBackend(program: Program): Promise<Backend> {
  const folder = mkdtempSync(join(tmpdir(), "fizz-backend-"));
  const port = await freePort();
  const file = join(folder, "config");
  writeFileSync(file, program === "haproxy" ? haproxyConfig(port) : nginxConfig(port, folder));
  const argv = program === "haproxy" ? ["-db", "-f", file] : ["-e", "stderr", "-c", file];
  const child: ChildProcess = spawn(program, argv, { stdio: "ignore" });
  await eventually(() => listens(port));
  return {
    port,
    stop: async () => {
      const ended = new Promise((resolve) => child.once("close", resolve));
      child.kill("SIGTERM");
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function haproxyConfig(port: number): string {
  return `defaults
  mode http
  timeout client 5s
frontend f
  bind 127.0.0.1:${port} accept-proxy
  http-request return status 200 content-type text/plain lf-string "%[src]:%[src_port] %[dst]:%[dst_port]"
`;
}

function nginxConfig(port: number, folder: string): string {
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
    .map((name) => `${name}_temp_path ${folder}/${name};`)
    .join(" ");
  return `daemon off; pid ${folder}/pid; events {}
http { access_log off; ${temporary}
  server { listen 127.0.0.1:${port} proxy_protocol;
    location / { default_type text/plain; return 200
      "$proxy_protocol_addr:$proxy_protocol_port $proxy_protocol_server_addr:$proxy_protocol_server_port"; } } }
`;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function listens(port: number): Promise<boolean> {
  return await new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => {
      resolve(false);
    });
  });
}
