import { createHash } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import fastifyStatic from "@fastify/static";
import fastify from "fastify";
import { type Stoppable } from "./cleanup.ts";
import { inRoot } from "./paths.ts";

const WEB_OUT = inRoot("web/out");
const INLINE_SCRIPT = /<script(?![^>]*\ssrc=)[^>]*>([\s\S]*?)<\/script>/g;
const MAX_CACHED_PAGES = 200;

/** How the dApp is served. */
export interface ServeWebInit {
  readonly port: number;
  /** Folder of the files: `web/out` unless told. */
  readonly folder?: string;
  /** Answer of GET /network.json, asked at each request. */
  readonly network: () => unknown;
  /** Origins that the page may talk to, as in `http://host:port` or `ws://host:*`. */
  readonly connect: readonly string[];
}

/** The dApp, served. */
export interface WebServer extends Stoppable {
  readonly url: string;
}

/** Serves the static files of the dApp on this machine, with a content security policy made for each page. */
export async function serveWeb(init: ServeWebInit): Promise<WebServer> {
  const root = init.folder ?? WEB_OUT;
  const app = fastify({ forceCloseConnections: true });
  const policies = new Map<string, string>();

  app.addHook("onSend", async (_request, reply, payload) => {
    reply.header("x-content-type-options", "nosniff");
    reply.header("referrer-policy", "no-referrer");
    reply.header("cross-origin-opener-policy", "same-origin");
    return payload;
  });
  const policyOf = async (file: string): Promise<string> => {
    const known = policies.get(file);
    if (known !== undefined) return known;
    const policy = contentPolicy(await readFile(file, "utf8"), init.connect);
    if (policies.size < MAX_CACHED_PAGES) policies.set(file, policy);
    return policy;
  };
  app.get("/network.json", (_request, reply) =>
    reply.header("cache-control", "no-store").send(init.network()),
  );
  await app.register(fastifyStatic, { root, serve: false });
  app.get("/*", async (request, reply) => {
    const path = decodeURIComponent(new URL(request.url, "http://x").pathname).replace(/^\/+/, "");
    for (const name of candidates(path)) {
      if (!(await isFile(root, name))) continue;
      if (name.endsWith(".html")) reply.header("content-security-policy", await policyOf(join(root, name)));
      return await reply.sendFile(name, cacheRule(name));
    }
    reply.code(404);
    if (!(await isFile(root, "404.html"))) return await reply.send("Not found");
    reply.header("content-security-policy", await policyOf(join(root, "404.html")));
    return await reply.sendFile("404.html", { cacheControl: false });
  });
  const url = await app.listen({ port: init.port, host: "127.0.0.1" });
  return { url, stop: () => app.close() };
}

/** `next build` writes `deploy.html`, or `deploy/index.html` with trailing slashes. */
function candidates(path: string): readonly string[] {
  const bare = path.replace(/\/+$/, "");
  return bare === "" ? ["index.html"] : [bare, `${bare}.html`, `${bare}/index.html`];
}

async function isFile(root: string, name: string): Promise<boolean> {
  if (name.split("/").includes("..")) return false;
  const found = await stat(join(root, name)).catch(() => undefined);
  return found?.isFile() === true;
}

/** Files under `_next/static` have their hash in the name. */
function cacheRule(name: string): { maxAge: number; immutable: boolean } {
  const hashed = name.startsWith("_next/static/");
  return { maxAge: hashed ? 31_536_000_000 : 0, immutable: hashed };
}

/** Allows exactly the inline scripts that the page was built with, by their hashes. */
function contentPolicy(html: string, connect: readonly string[]): string {
  const scripts = [...html.matchAll(INLINE_SCRIPT)].map(
    (match) =>
      `'sha256-${createHash("sha256")
        .update(match[1] ?? "")
        .digest("base64")}'`,
  );
  return [
    "default-src 'self'",
    ["script-src 'self'", ...new Set(scripts)].join(" "),
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data: blob:",
    "font-src 'self' data:",
    ["connect-src 'self'", ...connect].join(" "),
    "object-src 'none'",
    "base-uri 'self'",
    "frame-ancestors 'none'",
    "form-action 'self'",
  ].join("; ");
}
