import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, rm, symlink } from "node:fs/promises";
import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { inRoot } from "../../scripts/lib/paths.ts";

/** The system's own Node, which may be too old to run TypeScript. */
const SYSTEM_NODE = "/usr/bin/node";

describe("bin/fizz.js", function () {
  this.timeout(30_000);

  it("runs under the Node of this process", async () => {
    const result = await execute(process.execPath, [inRoot("cli/bin/fizz.js"), "version", "--json"]);
    expect(result.code, result.stderr).to.equal(0);
    expect(JSON.parse(result.stdout)).to.include({ node: process.versions.node });
  });

  it("passes the exit code on", async () => {
    expect((await execute(process.execPath, [inRoot("cli/bin/fizz.js"), "nonsense"])).code).to.equal(2);
  });

  it("hands what follows gateway and node on to these programs, with their exit codes", async () => {
    const fizz = inRoot("cli/bin/fizz.js");
    for (const [name, title] of [
      ["gateway", "Fizz gateway"],
      ["node", "Fizz node"],
    ] as const) {
      const help = await execute(process.execPath, [fizz, name, "--help"]);
      expect(help.code, help.stderr).to.equal(0);
      expect(help.stdout).to.match(new RegExp(`^${title}`, "u"));
      expect((await execute(process.execPath, [fizz, name, "nonsense"])).code).to.equal(2);
    }
  });

  describe("when the system's Node is too old", () => {
    before(async function () {
      if (!(await isOld(SYSTEM_NODE))) this.skip();
    });

    it("runs under the fetched Node, with the same exit codes", async function () {
      if (!existsSync(inRoot(".tools/node_modules/.bin/node"))) this.skip();
      const result = await execute(SYSTEM_NODE, [inRoot("cli/bin/fizz.js"), "version", "--json"]);
      expect(result.code, result.stderr).to.equal(0);
      expect(Number((JSON.parse(result.stdout) as { node: string }).node.split(".")[0])).to.be.at.least(22);
      expect((await execute(SYSTEM_NODE, [inRoot("cli/bin/fizz.js"), "nonsense"])).code).to.equal(2);
    });

    it("says what to do when none was fetched", async () => {
      const root = await copyOfBin();
      try {
        await symlink(inRoot("node_modules"), join(root, "node_modules"));
        const result = await execute(SYSTEM_NODE, [join(root, "cli/bin/fizz.js"), "version"]);
        expect(result.code).to.equal(1);
        expect(result.stderr).to.include("[REQUIREMENT_MISSING]").and.to.include("npm start");
      } finally {
        await rm(root, { recursive: true });
      }
    });
  });

  it("says what to do when the dependencies are missing", async () => {
    const root = await copyOfBin();
    try {
      const result = await execute(process.execPath, [join(root, "cli/bin/fizz.js"), "version"]);
      expect(result.code).to.equal(1);
      expect(result.stderr).to.include("[REQUIREMENT_MISSING]").and.to.include("npm ci");
    } finally {
      await rm(root, { recursive: true });
    }
  });

  async function copyOfBin(): Promise<string> {
    const root = await mkdtemp(join(tmpdir(), "fizz-bin-"));
    await mkdir(join(root, "cli"));
    await cp(inRoot("cli/bin"), join(root, "cli/bin"), { recursive: true });
    await cp(inRoot("cli/package.json"), join(root, "cli/package.json"));
    return root;
  }

  async function isOld(node: string): Promise<boolean> {
    if (!existsSync(node)) return false;
    const { stdout } = await execute(node, ["-p", "process.versions.node"]);
    return Number(stdout.split(".")[0]) < 22;
  }

  async function execute(
    file: string,
    argv: string[],
  ): Promise<{ code: number; stdout: string; stderr: string }> {
    return await new Promise((resolve) => {
      execFile(file, argv, { env: { PATH: "/usr/bin:/bin", HOME: tmpdir() } }, (error, stdout, stderr) => {
        const status = error?.code ?? 0;
        resolve({ code: typeof status === "number" ? status : 1, stdout, stderr });
      });
    });
  }
});
