import { existsSync, mkdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { databaseFolder } from "../../../relayer/src/store/database-folder.ts";
import { MIGRATIONS } from "../../../relayer/src/store/migrations.ts";
import { pgliteEngine } from "../../../relayer/src/store/pglite-engine.ts";
import { Cleanup } from "../../../scripts/lib/cleanup.ts";
import { ensureDatabaseCluster } from "../../../scripts/lib/database-cluster.ts";
import { createTempDir } from "../../../scripts/lib/temp-dir.ts";

describe("the folder of the embedded database", function () {
  this.timeout(60_000);
  const cleanup = new Cleanup();
  before(ensureDatabaseCluster);
  after(() => cleanup.stop());

  async function newFolder(): Promise<string> {
    return cleanup.use("folder", await createTempDir("database")).path;
  }

  it("begins as a copy, of which what was left half done is no part", async () => {
    const folder = await newFolder();
    const half = join(folder, "pglite.new");
    mkdirSync(half);
    writeFileSync(join(half, "PG_VERSION"), "half");
    writeFileSync(join(half, "left-over"), "");
    const database = await databaseFolder(folder);
    expect(existsSync(join(database, "base")), "made before PostgreSQL runs").to.equal(true);
    expect(existsSync(join(database, "left-over"))).to.equal(false);
    expect(existsSync(half)).to.equal(false);
    const engine = pgliteEngine(folder);
    const opened = await engine.open();
    const found: unknown = await opened.execute("SELECT id FROM fizz_migrations");
    expect((found as { rows: unknown[] }).rows).to.have.lengthOf(MIGRATIONS.length);
    await engine.close();
  });

  it("stays as it is when it is there", async () => {
    const folder = await newFolder();
    const database = join(folder, "pglite");
    mkdirSync(database);
    writeFileSync(join(database, "mine"), "");
    const { ino } = statSync(database);
    expect(await databaseFolder(folder)).to.equal(database);
    expect(statSync(database).ino).to.equal(ino);
    expect(existsSync(join(database, "mine"))).to.equal(true);
    expect(existsSync(join(database, "base"))).to.equal(false);
  });
});
