import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { childEnvironment } from "../../../scripts/lib/child-environment.ts";
import { ensureDatabaseCluster } from "../../../scripts/lib/database-cluster.ts";
import { createTempDir } from "../../../scripts/lib/temp-dir.ts";

const STORE = new URL("../../../relayer/src/store/", import.meta.url).href;
/** V8 compiles well on the spot instead of beside, so that what it would do is done at the end. */
const FLAGS = ["--wasm-sync-tier-up", "--input-type=module", "-e"];
const CWD = fileURLToPath(new URL("../../../relayer/", import.meta.url));
const TIMEOUT_MS = 120_000;
const KIB_PER_MIB = 1_024;
/** Opened and used it takes some 210 at most; with what is hot compiled well 710. */
const MAX_MIB = 400;

/** A function that counts down from its argument: `(func (export "f") (param i32) (loop …))`. */
const COUNT_DOWN = `Uint8Array.from([0, 97, 115, 109, 1, 0, 0, 0, 1, 6, 1, 96, 1, 127, 1, 127, 3, 2, 1, 0, 7, 5, 1, 1, 102, 0, 0,
  10, 18, 1, 16, 0, 3, 64, 32, 0, 65, 1, 107, 34, 0, 13, 0, 11, 32, 0, 11])`;
const BODY_SIZE = 16;

const run = promisify(execFile);

async function outputOf(code: string, flags: readonly string[] = []): Promise<string> {
  const options = { cwd: CWD, env: childEnvironment({}), timeout: TIMEOUT_MS, maxBuffer: 2 ** 24 };
  return (await run(process.execPath, [...flags, ...FLAGS, code], options)).stdout;
}

/** How often V8 compiled the function that counts down well, which was hot. */
async function compiledWell(use: string): Promise<number> {
  const code = `
    const { compileOnce, compileOnceSync } = await import("${STORE}compile-once.ts");
    const { f } = new WebAssembly.Instance(new WebAssembly.Module(${COUNT_DOWN})).exports;
    const hot = () => { for (let call = 0; call < 1_000; call += 1) f(100_000); };
    ${use}`;
  const said = await outputOf(code, ["--trace-wasm-compilation-times"]);
  const of = (compiler: string): number =>
    said.match(new RegExp(`#0 using ${compiler}.* bodysize ${BODY_SIZE} `, "g"))?.length ?? 0;
  assert.equal(of("Liftoff"), 1, "compiled at its first call");
  return of("TurboFan");
}

describe("compileOnce", function () {
  this.timeout(2 * TIMEOUT_MS);

  it("never compiles a function again that was called first within it", async () => {
    assert.equal(await compiledWell("compileOnceSync(() => f(1)); hot();"), 0);
    assert.equal(await compiledWell("await compileOnce(async () => f(1)); hot();"), 0);
  });

  it("leaves what is called first outside of it as it was, after one of two has ended, too", async () => {
    assert.equal(await compiledWell("compileOnceSync(() => undefined); hot();"), 1);
    const within = "await compileOnce(async () => { compileOnceSync(() => undefined); f(1); }); hot();";
    assert.equal(await compiledWell(within), 0);
    const thrown = "try { compileOnceSync(() => { throw new Error(); }); } catch {} hot();";
    assert.equal(await compiledWell(thrown), 1);
  });

  it("keeps the embedded database from taking half a GiB", async () => {
    await ensureDatabaseCluster();
    const folder = await createTempDir("memory");
    const code = `
      const { pgliteEngine } = await import("${STORE}pglite-engine.ts");
      const engine = pgliteEngine(${JSON.stringify(folder.path)});
      const database = await engine.open();
      for (let times = 0; times < 50; times += 1)
        await database.execute("SELECT count(*) FROM generate_series(1, 5000) AS one WHERE one % 7 = 3");
      process.stdout.write("most " + process.resourceUsage().maxRSS);
      await engine.close();`;
    const mib = Number(/most (\d+)/.exec(await outputOf(code))?.[1]) / KIB_PER_MIB;
    await folder.stop();
    assert.ok(mib < MAX_MIB, `${mib.toFixed(0)} MiB at most`);
  });
});
