import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Route } from "@fizz/protocol/messages";
import { type Cleanup } from "../../scripts/lib/cleanup.ts";
import { freePort } from "../../scripts/lib/free-port.ts";
import { planNodes, startAgent, startGateway } from "./fizz-world.ts";
import { startNginx, startServer } from "./origins.ts";
import { CADDY, unpackProgram } from "./programs.ts";
import { type BenchContext } from "./run-process.ts";

/** A proxy that goes by host names, with the ports that it has. */
export interface HttpWay {
  readonly name: string;
  readonly httpPort?: number;
  readonly httpsPort?: number;
}

/** Names under which everything is asked for, plain and over TLS. */
export const HOSTS = { http: "plain.bench.test", https: "tls.bench.test" } as const;

const OPTIONS: Route["options"] = {
  maxBodySize: 1_048_576,
  readTimeoutMs: 60_000,
  sendTimeoutMs: 60_000,
  nextTries: 3,
  nextTimeoutMs: 0,
  nextCases: ["error", "timeout"],
};

/** One process of nginx that keeps connections to its upstream. */
export async function startNginxProxy(
  origin: number,
  context: BenchContext,
  cleanup: Cleanup,
): Promise<HttpWay> {
  const port = await freePort();
  const config = `http {
    access_log off; keepalive_requests 1000000000; keepalive_timeout 300s;
    upstream origin { server 127.0.0.1:${origin}; keepalive 64; keepalive_requests 1000000000; }
    server {
      listen 127.0.0.1:${port} backlog=4096; server_name ${HOSTS.http};
      location / { proxy_pass http://origin; proxy_http_version 1.1; proxy_set_header Connection ""; }
    }
  }`;
  await startNginx({ name: "nginx-proxy", config, port }, context, cleanup);
  return { name: "nginx", httpPort: port };
}

/** caddy with a certificate of its own authority, which nobody is told to trust. */
export async function startCaddy(origin: number, context: BenchContext, cleanup: Cleanup): Promise<HttpWay> {
  const [port, httpPort] = [await freePort(), await freePort()];
  const { path, env } = await unpackProgram(CADDY);
  const file = join(context.dir, "Caddyfile");
  const text = `{
    admin off
    skip_install_trust
    auto_https disable_redirects
    http_port ${httpPort}
    https_port ${port}
  }
  https://${HOSTS.https}:${port} {
    bind 127.0.0.1
    tls internal
    reverse_proxy 127.0.0.1:${origin}
  }\n`;
  await writeFile(file, text);
  const folders = { HOME: context.dir, XDG_DATA_HOME: context.dir, XDG_CONFIG_HOME: context.dir };
  const argv = [path, "run", "--adapter", "caddyfile", "--config", file];
  await startServer({ name: "caddy", argv, env: { ...env, ...folders }, port }, context, cleanup);
  return { name: "caddy", httpsPort: port };
}

/** A gateway that routes by host name, and a node's agent behind it. */
export async function startFizzRouter(
  origin: number,
  context: BenchContext,
  cleanup: Cleanup,
): Promise<HttpWay> {
  const [node] = planNodes([[[origin], [origin]]]);
  if (node === undefined) return { name: "fizz" };
  const schemes = ["http", "https"] as const;
  const leases = node.leases.map((lease, index) => {
    const scheme = schemes[index] ?? "http";
    return { ...lease, route: { scheme, accept: [HOSTS[scheme]], options: OPTIONS } };
  });
  const gateway = await startGateway([node], context, { routingFolder: context.dir });
  cleanup.use("gateway", gateway.daemon);
  const agent = await startAgent({ gateway: gateway.facts, node: { ...node, leases } }, context);
  cleanup.use("agent", agent.daemon);
  const { httpPort, httpsPort } = gateway.facts;
  return { name: "fizz", httpPort, httpsPort };
}

/** A script with which wrk asks for any host name on loopback. */
export async function writeLoopbackScript(dir: string): Promise<string> {
  const file = join(dir, "loopback.lua");
  await writeFile(
    file,
    `function wrk.resolve(host, service) wrk.addrs = wrk.lookup("127.0.0.1", service) end\n`,
  );
  return file;
}
