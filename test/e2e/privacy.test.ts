import { randomBytes } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { createServer, connect, type Server } from "node:net";
import { join } from "node:path";
import { expect } from "chai";
import { freePort } from "../../scripts/lib/free-port.ts";
import { createCli } from "../../scripts/lib/run-cli.ts";
import { createTempDir } from "../../scripts/lib/temp-dir.ts";
import { helloManifest, sharedWorld, stopSharedWorld, type World } from "../support/world.ts";

after(stopSharedWorld);

describe("what the gateway can see", function () {
  this.timeout(120_000);
  let world: World;
  before(async function () {
    world = await sharedWorld(this);
  });

  it("neither the environment of a container nor its logs: not on its disk, not on its wire", async () => {
    const secret = `secret-${randomBytes(12).toString("hex")}`;
    const { network } = world;
    const gatewayUrl = new URL(network.description.gatewayUrl);
    const wire = await recordingProxy(Number(gatewayUrl.port));
    const home = await createTempDir("privacy");
    try {
      const seen = { ...network.description, gatewayUrl: `http://127.0.0.1:${wire.port}` };
      const cli = await createCli(home.path, seen, world.tenant.privateKey);
      const path = await world.tenant.manifest(await helloManifest(["Hello from Fizz", secret]));
      const { lid } = (await cli.json(["deployment", "create", path, "--yes", "--json"])) as { lid: number };
      const logs = await cli.run(["deployment", "logs", "--lid", String(lid)]);
      expect(logs.stdout, "the tenant reads it").to.contain(secret);
      expect(wire.recorded(), "the proxy saw the order").to.contain("/v1/quotes");
      expect(wire.recorded()).not.to.contain(secret).and.not.to.contain("fizz/hello");
      for (const file of await filesOf(network.logDir, "gateway"))
        expect((await readFile(file)).includes(secret), file).to.equal(false);
      await world.tenant.close(BigInt(lid));
    } finally {
      await wire.stop();
      await home.stop();
    }
  });

  /** Everything that clients and the gateway's HTTP API say to each other, as text. */
  async function recordingProxy(target: number) {
    const chunks: Buffer[] = [];
    const port = await freePort();
    const server: Server = createServer((client) => {
      const upstream = connect(target, "127.0.0.1");
      for (const [from, to] of [
        [client, upstream],
        [upstream, client],
      ] as const) {
        from.on("data", (chunk) => chunks.push(chunk));
        from.pipe(to);
        from.on("error", () => to.destroy());
      }
    });
    await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
    return {
      port,
      recorded: () => Buffer.concat(chunks).toString("latin1"),
      stop: async () => {
        await new Promise<void>((resolve) => {
          server.close(() => {
            resolve();
          });
          setTimeout(resolve, 500);
        });
      },
    };
  }

  async function filesOf(folder: string, prefix: string): Promise<string[]> {
    const entries = await readdir(folder, { withFileTypes: true, recursive: true });
    return entries
      .filter(
        (entry) =>
          entry.isFile() &&
          join(entry.parentPath, entry.name)
            .slice(folder.length + 1)
            .startsWith(prefix),
      )
      .map((entry) => join(entry.parentPath, entry.name));
  }
});
