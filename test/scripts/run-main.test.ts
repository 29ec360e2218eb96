import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { expect } from "chai";
import { inRoot } from "../../scripts/lib/paths.ts";
import { createTempDir, type TempDir } from "../../scripts/lib/temp-dir.ts";

const RUN_MAIN = pathToFileURL(inRoot("scripts/lib/run-main.ts")).href;
const SCRIPT_ERROR = pathToFileURL(inRoot("scripts/lib/script-error.ts")).href;

describe("runMain", () => {
  let folder: TempDir;
  before(async () => {
    folder = await createTempDir("main-test");
  });
  after(() => folder.stop());

  /** Runs a main function; `signals` are sent once it has said "up". */
  const run = async (main: string, ...signals: readonly NodeJS.Signals[]): Promise<Outcome> => {
    const path = join(folder.path, `${Math.random().toString(36).slice(2)}.ts`);
    const imports = `import { runMain, untilAborted } from "${RUN_MAIN}";\nimport { ScriptError } from "${SCRIPT_ERROR}";\n`;
    await writeFile(path, imports + main);
    const child = spawn(process.execPath, [path], { stdio: ["ignore", "pipe", "pipe"] });
    const outcome = { stdout: "", stderr: "", status: -1 };
    child.stderr.setEncoding("utf8").on("data", (chunk: string) => (outcome.stderr += chunk));
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
      outcome.stdout += chunk;
      if (chunk.startsWith("up")) for (const signal of signals) child.kill(signal);
    });
    outcome.status = await new Promise<number>((resolve) =>
      child.once("close", (status) => {
        resolve(status ?? -1);
      }),
    );
    return outcome;
  };
  const waiting = `async ({ cleanup, signal }) => {
    cleanup.defer("thing", () => console.log("cleaned"));
    console.log("up");
    await untilAborted(signal);
    return 3;
  }`;

  it("ends with the code of main, after the cleanup", async () => {
    const main = `await runMain(async ({ cleanup }) => { cleanup.defer("x", () => console.log("cleaned")); return 4; });`;
    expect(await run(main)).to.deep.equal({ stdout: "cleaned\n", stderr: "", status: 4 });
  });

  it("cleans up after a signal, and ends with its number or normally, as told", async () => {
    expect((await run(`await runMain(${waiting});`, "SIGTERM")).status).to.equal(143);
    const normal = await run(`await runMain(${waiting}, { signalIsNormalEnd: true });`, "SIGINT");
    expect(normal.status).to.equal(0);
    expect(normal.stdout).to.equal("up\ncleaned\n");
  });

  it("goes on and ends well when nobody reads what it says any more", async () => {
    const path = join(folder.path, "unread.ts");
    const told = join(folder.path, "told");
    const main = `async ({ cleanup, signal }) => {
      cleanup.defer("thing", () => writeFile(${JSON.stringify(told)}, "cleaned"));
      console.log("up");
      setInterval(() => { console.log("out"); console.error("err"); }, 10);
      await untilAborted(signal);
      return 3;
    }`;
    const imports = `import { runMain, untilAborted } from "${RUN_MAIN}";\nimport { writeFile } from "node:fs/promises";\n`;
    await writeFile(path, `${imports}await runMain(${main});`);
    const child = spawn(process.execPath, [path], { stdio: ["ignore", "pipe", "pipe"] });
    const ended = once(child, "exit");
    await once(child.stdout, "data");
    child.stdout.destroy();
    child.stderr.destroy();
    await delay(200);
    child.kill("SIGTERM");
    try {
      expect(await Promise.race([ended, delay(10_000, ["still running"])])).to.deep.equal([143, null]);
      expect(await readFile(told, "utf8")).to.equal("cleaned");
    } finally {
      child.kill("SIGKILL");
    }
  });

  it("takes a signal that comes twice at a time for one", async () => {
    const slow = waiting.replace(
      'console.log("cleaned")',
      "new Promise((r) => setTimeout(() => { console.log('cleaned'); r(0); }, 300))",
    );
    const outcome = await run(`await runMain(${slow});`, "SIGINT", "SIGINT");
    expect(outcome.stdout).to.equal("up\ncleaned\n");
    expect(outcome.status).to.equal(130);
  });

  it("prints the code and the advice of a failure without a stack, and cleans up", async () => {
    const main = `await runMain(async ({ cleanup }) => {
      cleanup.defer("x", () => console.log("cleaned"));
      throw new ScriptError("SOME_CODE", "Do this.", { details: "said the tool" });
    });`;
    expect(await run(main)).to.deep.equal({
      stdout: "cleaned\n",
      stderr: "SOME_CODE: Do this.\n\nsaid the tool\n",
      status: 1,
    });
  });
});

interface Outcome {
  stdout: string;
  stderr: string;
  status: number;
}
