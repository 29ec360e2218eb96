import { type ChildProcess, spawn } from "node:child_process";
import { cp, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import { inRoot, ROOT } from "../../scripts/lib/paths.ts";
import { type CommandResult, runCommand } from "../../scripts/lib/run-command.ts";
import { createTempDir, type TempDir } from "../../scripts/lib/temp-dir.ts";

const BOOTSTRAP = inRoot("scripts/bootstrap.js");
const EMPTY_PACKAGE = { name: "empty", version: "1.0.0", private: true };
const WANTED = { version: "1.0.0", integrity: `sha512-${"A".repeat(86)}==` };

describe("bootstrap.js", () => {
  let folder: TempDir;
  before(async () => {
    folder = await createTempDir("bootstrap-test");
  });
  after(() => folder.stop());

  const script = async (name: string, text: string): Promise<string> => {
    const path = join(folder.path, `${name}.ts`);
    await writeFile(path, text);
    return path;
  };

  it("says how it is used when it is told nothing", async () => {
    const result = await runCommand([process.execPath, BOOTSTRAP]);
    expect(result.status).to.equal(2);
    expect(result.stderr).to.include("Usage:");
  });

  it("runs TypeScript under Node 24 with arguments, and hands the exit code on, in a bare environment", async () => {
    const path = await script(
      "args",
      "console.log(process.version, ...process.argv.slice(2)); process.exitCode = 7;",
    );
    const env = { PATH: "/usr/local/bin:/usr/bin:/bin", HOME: folder.path };
    const result = await runCommand(["node", BOOTSTRAP, path, "a", "b c"], { env });
    expect(result.stdout).to.match(/^v2[4-9]\.\S+ a b c\n$/);
    expect(result.status).to.equal(7);
  });

  it("puts Node 24 and the project's programs first on PATH", async () => {
    const path = await script(
      "path",
      'import { execSync } from "node:child_process"; execSync("node --version", { stdio: "inherit" });',
    );
    const result = await runCommand(["node", BOOTSTRAP, path], {
      env: { PATH: "/usr/local/bin:/usr/bin:/bin" },
    });
    expect(result.stdout).to.match(/^v2[4-9]\./);
  });

  it("delivers a signal once, however often it comes at a time", async () => {
    const text =
      'process.on("SIGINT", () => console.log("got it")); setTimeout(() => process.exit(5), 1500); console.log("up");';
    const child = spawn("node", [BOOTSTRAP, await script("signal", text)], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const output = collect(child);
    await until(() => output().includes("up"));
    child.kill("SIGINT");
    child.kill("SIGINT");
    const status = await new Promise((resolve) => child.once("exit", resolve));
    expect(output()).to.equal("up\ngot it\n");
    expect(status).to.equal(5);
  });

  it("ends the script when it is killed itself", async function () {
    if (process.platform !== "linux") this.skip();
    const text = "console.log(process.pid); setInterval(() => undefined, 1000);";
    const child = spawn("node", [BOOTSTRAP, await script("orphan", text)], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const output = collect(child);
    await until(() => output().endsWith("\n"));
    child.kill("SIGKILL");
    await until(() => !isRunning(Number(output())));
  });

  it("says with a code that the registry cannot be reached", async () => {
    const clone = await bareClone(folder, "offline", { dependencies: { wanted: "1.0.0" } });
    const result = await bootstrapIn(clone, { npm_config_registry: "http://127.0.0.1:1" });
    expect(result.status).to.equal(1);
    expect(result.stderr, result.stderr).to.include("BOOTSTRAP_OFFLINE: The npm registry cannot be reached");
  });

  it("sets a folder up once when two begin at the same time", async () => {
    const clone = await bareClone(folder, "twice");
    const results = await Promise.all([bootstrapIn(clone, {}), bootstrapIn(clone, {})]);
    for (const result of results) expect(result.stdout, result.stderr).to.equal("ran\n");
    const stamp = JSON.parse(
      await readFile(join(clone, "node_modules/.fizz-install.json"), "utf8"),
    ) as object;
    expect(stamp).to.have.property("lock");
  });
});

/** A folder as a fresh clone has it, but for its dependencies. The Node that runs this test is its Node 24. */
async function bareClone(
  folder: TempDir,
  name: string,
  more: { dependencies?: object } = {},
): Promise<string> {
  const clone = join(folder.path, name);
  await mkdir(join(clone, "scripts/lib"), { recursive: true });
  for (const file of ["bootstrap.js", "lib/lock-file.js", "lib/progress.js"]) {
    await cp(join(ROOT, "scripts", file), join(clone, "scripts", file));
  }
  const wanted = more.dependencies === undefined ? {} : { "node_modules/wanted": WANTED };
  const packages = { "": { ...EMPTY_PACKAGE, ...more }, ...wanted };
  const lock = { ...EMPTY_PACKAGE, lockfileVersion: 3, requires: true, packages };
  await writeFile(join(clone, "package.json"), JSON.stringify({ ...EMPTY_PACKAGE, type: "module", ...more }));
  await writeFile(join(clone, "package-lock.json"), JSON.stringify(lock));
  await writeFile(join(clone, "main.ts"), 'console.log("ran");');
  return clone;
}

async function bootstrapIn(clone: string, env: NodeJS.ProcessEnv): Promise<CommandResult> {
  const argv = [process.execPath, join(clone, "scripts/bootstrap.js"), join(clone, "main.ts")];
  return await runCommand(argv, { cwd: clone, env: { PATH: process.env["PATH"], HOME: clone, ...env } });
}

function collect(child: ChildProcess): () => string {
  let text = "";
  child.stdout?.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
  return () => text;
}

async function until(condition: () => boolean): Promise<void> {
  for (let tries = 0; tries < 200 && !condition(); tries += 1)
    await new Promise((resolve) => setTimeout(resolve, 50));
  expect(condition()).to.equal(true);
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
