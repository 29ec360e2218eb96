import { randomUUID } from "node:crypto";
import { lookup } from "node:dns/promises";
import { createServer, type Server } from "node:http";
import { createServer as createTcpServer, isIP } from "node:net";
import { isPublicHost } from "@fizz/protocol/direct";
import { multiaddr } from "@multiformats/multiaddr";
import { type Config } from "../config.ts";
import { fail, ok, type Verdict, warn } from "./verdict.ts";

const FETCH_TIMEOUT_MS = 5_000;
/** Doors that are tried: a sample is enough to see another program or a missing right. */
const MAX_TRIED_DOORS = 64;
/** Where authorities look (RFC 8555, 8.3). */
const HTTP_01_PORT = 80;
const NEXT_HOST = "Set FIZZ_GATEWAY_PUBLIC_HOST to a name or address that the internet reaches.";

/** Of several processes on one database, each must be reached by an address of its own. */
export function checkAnnounced({ databaseUrl, announce, publicHost }: Config): Verdict[] {
  if (databaseUrl === undefined) return [];
  const name = "announce";
  if (announce.length > 0) return [ok(name, `this process is reached at ${announce.join(", ")}`)];
  const found = `libp2p is announced under ${publicHost}, which all processes on one database share`;
  const advice = "If there are several, give each an address of its own: nodes' sessions are reached by it.";
  return [warn(name, found, advice)];
}

interface Listener {
  readonly what: string;
  readonly host: string;
  readonly port: number;
}

/** Whether the ports are free; not to be asked while the gateway runs. */
export async function checkPorts(config: Config): Promise<Verdict[]> {
  const fixed = listenersOf(config).filter(({ port }) => port !== 0);
  const doors = config.ports
    .flatMap(({ first, last }) => Array.from({ length: last - first + 1 }, (_, index) => first + index))
    .slice(0, MAX_TRIED_DOORS)
    .map((port) => ({ what: "door", host: config.doorHost, port }));
  const verdicts: Verdict[] = [];
  for (const listener of [...fixed, ...doors]) {
    const code = await tryListen(listener);
    if (code === undefined) continue;
    const found = `${listener.what} ${listener.host}:${listener.port}: ${code}`;
    if (listener.what === "door")
      verdicts.push(warn("ports", found, "This number is left out; free it, or change ports."));
    else verdicts.push(fail("ports", found, adviceFor(code)));
  }
  return verdicts.length > 0
    ? verdicts
    : [ok("ports", `${fixed.length} ports and ${doors.length} doors are free`)];
}

function listenersOf(config: Config): Listener[] {
  const { apiHost, apiPort, adminHost, adminPort, doorHost, httpPort, httpsPort, linkPort, listen } = config;
  const peers = listen.map((text) => {
    const parts = multiaddr(text).getComponents();
    const port = Number(parts.find(({ name }) => name === "tcp")?.value ?? 0);
    return { what: "libp2p", host: parts[0]?.value ?? "", port };
  });
  const optional = [
    { what: "metrics", host: adminHost, port: adminPort },
    { what: "data links", host: doorHost, port: linkPort === "off" ? undefined : linkPort },
    { what: "HTTP", host: doorHost, port: httpPort },
    { what: "HTTPS", host: doorHost, port: httpsPort },
  ].flatMap(({ port, ...listener }) => (port === undefined ? [] : [{ ...listener, port }]));
  return [{ what: "API", host: apiHost, port: apiPort }, ...optional, ...peers];
}

function adviceFor(code: string): string {
  if (code === "EADDRINUSE") return "Another program has it: stop that one, or change the port.";
  if (code === "EACCES") return "Ports below 1024 need AmbientCapabilities=CAP_NET_BIND_SERVICE in the unit.";
  return "See that the address belongs to this machine.";
}

async function tryListen({ host, port }: Listener): Promise<string | undefined> {
  const server = createTcpServer();
  return await new Promise((resolve) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      resolve(error.code ?? error.message);
    });
    server.listen({ host, port, exclusive: true }, () => {
      server.close(() => {
        resolve(undefined);
      });
    });
  });
}

/** Whether the public host leads to a public address. */
export async function checkPublicHost({ publicHost }: Config): Promise<Verdict> {
  const name = "public host";
  const addresses = await addressesOf(publicHost);
  if (addresses.length === 0) return fail(name, `${publicHost} has no address`, NEXT_HOST);
  const shown = isIP(publicHost) === 0 ? `${publicHost} is ${addresses.join(", ")}` : publicHost;
  return addresses.some(isPublicHost)
    ? ok(name, shown)
    : warn(name, `${shown}: only this machine or its network reaches that`, NEXT_HOST);
}

/** Whether names under the wildcard lead to where the public host leads. */
export async function checkWildcard({ domain, publicHost }: Config): Promise<Verdict> {
  const name = "wildcard";
  if (domain === "") return ok(name, "no domain is set");
  const sample = `fizz-${randomUUID().slice(0, 8)}.${domain}`;
  const [found, wanted] = await Promise.all([addressesOf(sample), addressesOf(publicHost)]);
  const advice = `Make a DNS record *.${domain} that leads to ${publicHost}.`;
  if (found.length === 0) return fail(name, `${sample} has no address`, advice);
  if (found.some((address) => wanted.includes(address)))
    return ok(name, `*.${domain} leads to ${publicHost}`);
  return warn(
    name,
    `*.${domain} leads to ${found.join(", ")}, not to ${wanted.join(", ") || publicHost}`,
    advice,
  );
}

/** Whether certificates can be proven where the authority looks. */
export function checkCertificates({ acme, httpPort }: Config): Verdict {
  const name = "certificates";
  if (!acme) return ok(name, "none are ordered");
  if (httpPort === HTTP_01_PORT) return ok(name, "they are ordered, and HTTP is at port 80");
  const advice =
    "The authority looks at port 80 of each name: set FIZZ_GATEWAY_HTTP_PORT to 80, or lead port 80 there.";
  return warn(name, `they are ordered, and HTTP is at port ${httpPort ?? "none"}`, advice);
}

/**
 * Whether the API's public URL leads here. Without a running gateway a moment's server on its port answers.
 *
 * @param isRunning Whether the gateway runs on this configuration.
 */
export async function checkApiUrl(config: Config, isRunning: boolean): Promise<Verdict> {
  const { apiUrl } = config;
  const name = "API URL";
  if (apiUrl === undefined) return warn(name, "FIZZ_GATEWAY_API_URL is not set", "register needs it.");
  const token = randomUUID();
  const server = isRunning ? undefined : await answering(config, token);
  try {
    const response = await fetch(new URL("/v1/health", apiUrl), {
      signal: AbortSignal.timeout(FETCH_TIMEOUT_MS),
    });
    const text = await response.text();
    const isHere = isRunning ? text.includes('"nodesOnline"') : text === token;
    if (isHere) return ok(name, `${apiUrl} leads here`);
    return fail(
      name,
      `${apiUrl} is answered by something else`,
      "See the DNS record and the port forwarding.",
    );
  } catch {
    const advice =
      "See DNS, firewall and port forwarding. Some routers do not lead back in: try from outside.";
    return warn(name, `${apiUrl} does not answer from here`, advice);
  } finally {
    server?.closeAllConnections();
    server?.close();
  }
}

async function answering({ apiHost, apiPort }: Config, token: string): Promise<Server> {
  const server = createServer((_request, response) => response.end(token));
  await new Promise<void>((resolve) => {
    // A port that is taken is told by the check of ports.
    server.once("error", () => {
      resolve();
    });
    server.listen({ host: apiHost, port: apiPort }, resolve);
  });
  return server;
}

async function addressesOf(host: string): Promise<string[]> {
  try {
    return (await lookup(host, { all: true })).map(({ address }) => address);
  } catch {
    return [];
  }
}
