import { globSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { expect } from "chai";
import { ensureBundle, loadedFromOutside, type Program } from "../../scripts/lib/bundle.ts";
import { bundleFolder } from "../../scripts/lib/bundle-place.js";
import { inRoot } from "../../scripts/lib/paths.ts";
import { runCommand } from "../../scripts/lib/run-command.ts";

const LAUNCH = inRoot("scripts/launch.js");

describe("a program in one file", function () {
  this.timeout(120_000);

  for (const program of ["node-agent", "relayer"] as const) {
    it(`${program}: is what launch.js runs, and says what the sources say`, async () => {
      const main = await ensureBundle(program);
      expect(dirname(main)).to.equal(bundleFolder(program));
      for (const argument of ["--help", "no-such-command"]) {
        const launched = await run(LAUNCH, program, argument);
        const bundled = await run(main, argument);
        const source = await run(inRoot(`${program}/src/main.ts`), argument);
        expect(bundled).to.deep.equal(source);
        expect(launched).to.deep.equal(source);
      }
    });

    it(`${program}: has each of its threads, and of its other processes, beside it`, async () => {
      const wanted = threadsOf(program).map((path) => basename(path).replace(/\.ts$/, ".js"));
      const files = await readdir(dirname(await ensureBundle(program)));
      const processes = program === "node-agent" ? ["main.js", "reach-main.js"] : ["main.js"];
      expect(files.sort()).to.deep.equal([...processes, ...wanted].sort());
    });
  }

  it("loads neither the driver of a server nor what comes as ES modules, too, from packages at its start", async () => {
    const outside = await loadedFromOutside("relayer");
    expect(outside.filter((path) => path.includes("/fastify/"))).to.have.length(1);
    expect(outside.filter((path) => /\/(pg|drizzle-orm|@peculiar)\//.test(path))).to.deep.equal([]);
  });

  it("is not made again while the sources stay as they are", async () => {
    expect(await ensureBundle("node-agent")).to.equal(await ensureBundle("node-agent"));
  });

  it("launch.js says how it is used for a program that there is not", async () => {
    const { status, stderr } = await runCommand([process.execPath, LAUNCH, "protocol"]);
    expect(status).to.equal(2);
    expect(stderr).to.include("Usage:");
  });

  function threadsOf(program: Program): string[] {
    return globSync(inRoot(`${program}/src/**/*-worker.ts`)).filter(
      (path) => !path.endsWith("/lease-worker.ts"),
    );
  }

  async function run(...argv: string[]): Promise<{ status: number | null; stdout: string; stderr: string }> {
    const { status, stdout, stderr } = await runCommand([process.execPath, ...argv]);
    return { status, stdout, stderr };
  }
});
