import { randomBytes } from "node:crypto";
import { cp, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { PGlite } from "@electric-sql/pglite";
import { expect } from "chai";
import { createTempDir } from "../../scripts/lib/temp-dir.ts";
import { LyingGateway } from "../support/malice/lying-gateway.ts";
import {
  canReadMemory,
  findIn,
  findInFolder,
  findInMemory,
  type Needles,
  needlesOf,
} from "../support/malice/search.ts";
import { type TenantAt, tenantAt } from "../support/malice/tenant-of.ts";
import { helloManifest, sharedWorld, stopSharedWorld, type World } from "../support/world.ts";

after(stopSharedWorld);

/** The whole life of a sealed manifest at a real gateway, and a look at everything that the gateway is made of. */
describe("the secret part of a manifest", function () {
  this.timeout(300_000);
  let world: World;
  let proxy: LyingGateway;
  let tenant: TenantAt;
  before(async function () {
    world = await sharedWorld(this);
    const { network } = world;
    if (!(await canReadMemory(network.gateway().pid))) return this.skip();
    const { description } = network;
    proxy = await LyingGateway.start(description.gatewayUrl);
    const { privateKey } = await world.addTenant();
    tenant = await tenantAt(description, proxy.url, privateKey);
  });
  after(async () => {
    await (proxy as LyingGateway | undefined)?.stop();
    await (tenant as TenantAt | undefined)?.stop();
  });

  it("is nowhere in its gateway: memory, store, log, answers; not while it waits for its node, nor later", async () => {
    const { network } = world;
    // Every secret has the token in it, and the name of the service is what the gateway must know.
    const [token, name] = [`q${randomBytes(12).toString("hex")}`, `s${randomBytes(8).toString("hex")}`];
    const [secret, known] = [needlesOf(token), needlesOf(name)];
    const file = await tenant.home.write("secret.yaml", await manifestOf(token, name));

    const held = Promise.withResolvers<undefined>();
    let isFirst = true;
    proxy.lie = async (call, ask) => {
      if (isFirst && call.path.endsWith("/manifest")) {
        isFirst = false;
        await network.node().stop();
      }
      const reply = await ask(call);
      if (reply.status === 202) held.resolve(undefined);
      return reply;
    };
    const creating = tenant.run(["deployment", "create", file, "--yes", "--json"]);
    await Promise.race([held.promise, creating]);

    await expectKnown(known, "while it is held");
    await expectNoSecret(secret, "while it is held");
    expect(await rowsOf("deliveries"), "the ciphertext is kept")
      .to.include(name)
      .and.include("ciphertext");
    expect(findIn(Buffer.from(await rowsOf()), secret)).to.deep.equal([]);

    await network.restartNode();
    const created = await creating;
    expect(created.code, created.stderr).to.equal(0);
    const lid = String(created.json()["lid"]);
    const logs = await tenant.run(["deployment", "logs", "--lid", lid]);
    expect(logs.stdout, "the tenant reads it, through the gateway").to.include(token);
    await expectNoSecret(secret, "once it runs");
    expect(await rowsOf("deliveries"), "deleted once it was delivered").to.equal("");

    const nodeFolder = join(network.logDir, "node-data");
    expect(await findInFolder(nodeFolder, secret), "the node keeps it sealed").to.deep.equal([]);
    expect(findIn(await readFile(network.node().logFile), secret)).to.deep.equal([]);
    for (const name of ["state.db", "state.db-wal"])
      expect((await stat(join(nodeFolder, name))).mode & 0o077, `${name} is the agent's`).to.equal(0);
    const closed = await tenant.run(["deployment", "close", "--lid", lid, "--yes"]);
    expect(closed.code, closed.stderr).to.equal(0);
  });

  /** Environment and credentials have the token; so has the log, since the image prints its greeting. */
  async function manifestOf(token: string, name: string): Promise<string> {
    const credentials = `credentials: { registry: registry.test, username: user-${token}, password: pass-${token} }`;
    return await helloManifest(
      ["web", name],
      ["Hello from Fizz", `Hello ${token}`],
      ["    pull_policy", `    ${credentials}\n    pull_policy`],
    );
  }

  async function expectNoSecret(secret: Needles, when: string): Promise<void> {
    const { network } = world;
    expect([...(await findInMemory(network.gateway().pid, secret))], `memory ${when}`).to.deep.equal([]);
    expect(await findInFolder(join(network.logDir, "gateway-data"), secret), `store ${when}`).to.deep.equal(
      [],
    );
    expect(findIn(await readFile(network.gateway().logFile), secret), `log ${when}`).to.deep.equal([]);
    const said = Buffer.from(JSON.stringify([proxy.calls, proxy.replies]));
    expect(findIn(said, secret), `HTTP ${when}`).to.deep.equal([]);
  }

  /** The same search finds what the gateway must know: it would have found a secret. */
  async function expectKnown(known: Needles, when: string): Promise<void> {
    const inMemory = await findInMemory(world.network.gateway().pid, known);
    expect([...inMemory], `memory ${when}`).to.include("plain");
    expect(findIn(Buffer.from(JSON.stringify(proxy.calls)), known)).to.include("plain");
  }

  /** Rows of the gateway's store as text, from a copy as a crash would leave it: on the disk they may be compressed. */
  async function rowsOf(table?: string): Promise<string> {
    const copy = await createTempDir("store");
    try {
      await cp(join(world.network.logDir, "gateway-data", "pglite"), copy.path, { recursive: true });
      const store = await PGlite.create(copy.path);
      const tables = await store.query<{ name: string }>(
        "SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'public'",
      );
      const names = tables.rows
        .map(({ name }) => name)
        .filter((name) => table === undefined || name === table);
      expect(names).not.to.deep.equal([]);
      const texts: string[] = [];
      for (const name of names) {
        const { rows } = await store.query<{ text: string }>(`SELECT t::text AS text FROM "${name}" t`);
        texts.push(...rows.map(({ text }) => text));
      }
      await store.close();
      return texts.join("\n");
    } finally {
      await copy.stop();
    }
  }
});
