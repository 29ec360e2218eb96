import { createHash } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import { serveWeb, type WebServer } from "../../scripts/lib/serve-web.ts";
import { createTempDir, type TempDir } from "../../scripts/lib/temp-dir.ts";

const INLINE = 'console.log("inline")';
const PAGE = `<!doctype html><script src="/a.js"></script><script>${INLINE}</script>`;

describe("serveWeb", () => {
  let folder: TempDir;
  let server: WebServer;
  let answers = 0;
  before(async () => {
    folder = await createTempDir("web-test");
    await mkdir(join(folder.path, "site/_next/static"), { recursive: true });
    await writeFile(join(folder.path, "secret.txt"), "secret");
    for (const name of ["index.html", "deploy.html", "404.html"])
      await writeFile(join(folder.path, "site", name), PAGE);
    await writeFile(join(folder.path, "site/_next/static/a.js"), "1");
    server = await serveWeb({
      port: 0,
      folder: join(folder.path, "site"),
      network: () => ({ asked: ++answers }),
      connect: ["http://127.0.0.1:1"],
    });
  });
  after(async () => {
    await server.stop();
    await folder.stop();
  });
  const get = (path: string): Promise<Response> => fetch(`${server.url}${path}`);

  it("gives each page a policy that allows its own inline scripts by hash, and no others", async () => {
    const hash = createHash("sha256").update(INLINE).digest("base64");
    for (const path of ["/", "/deploy", "/deploy/?id=1"]) {
      const response = await get(path);
      expect(response.status, path).to.equal(200);
      const policy = response.headers.get("content-security-policy") ?? "";
      expect(policy).to.include(`script-src 'self' 'sha256-${hash}';`);
      expect(policy).to.include("connect-src 'self' http://127.0.0.1:1;");
      expect(policy).to.not.match(/script-src[^;]*unsafe/);
    }
  });

  it("tells the network as it is now, and lets nobody keep it", async () => {
    const first = await get("/network.json");
    expect(first.headers.get("cache-control")).to.equal("no-store");
    expect(await first.json()).to.deep.equal({ asked: 1 });
    expect(await (await get("/network.json")).json()).to.deep.equal({ asked: 2 });
  });

  it("lets files with their hash in the name be kept for ever", async () => {
    expect((await get("/_next/static/a.js")).headers.get("cache-control")).to.include("immutable");
    expect((await get("/")).headers.get("cache-control")).to.not.include("immutable");
  });

  it("shows the page for what is not there, and nothing outside its folder", async () => {
    for (const path of ["/nothing", "/../secret.txt", "/..%2fsecret.txt", "/%2e%2e/secret.txt", "/%00"]) {
      const response = await get(path);
      expect(response.status, path).to.be.oneOf([400, 403, 404]);
      expect(await response.text(), path).to.not.include("secret");
    }
  });
});
