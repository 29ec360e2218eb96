import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import { expect } from "chai";
import { findEngine } from "../../../scripts/lib/docker/find-engine.ts";
import { inRoot } from "../../../scripts/lib/paths.ts";
import { runCommand } from "../../../scripts/lib/run-command.ts";
import { createTempDir } from "../../../scripts/lib/temp-dir.ts";
import { canHaveEngine } from "../../support/can-have-engine.ts";
import { ScriptRun } from "../../support/script-run.ts";

const FIRST_START_MS = 300_000;
/** Half a minute on a machine of its own; a shared one may be several times slower, and this is no measurement. */
const SECOND_START_MS = 120_000;
const END_MS = 60_000;
const NETWORK_FILE = inRoot(".fizz/network.json");

describe("npm start", function () {
  this.timeout(FIRST_START_MS + END_MS);
  const runs: ScriptRun[] = [];
  before(async function () {
    if (process.platform !== "linux" || !(await canHaveEngine())) this.skip();
  });
  afterEach(async () => {
    for (const run of runs.splice(0)) await run.stop();
  });
  const start = async (): Promise<ScriptRun> => {
    const run = await ScriptRun.start("scripts/start.ts");
    runs.push(run);
    return run;
  };

  it("prints a table whose every line works, and leaves nothing behind after Ctrl-C", async () => {
    const before = await labelled();
    const run = await start();
    await run.untilSays("Ctrl-C ends all of it", FIRST_START_MS);
    const table = new Map(
      run.stdout.split("\n").map((line) => [line.slice(2, 17).trim(), line.slice(17).trim()]),
    );

    const page = await fetch(table.get("dApp") ?? "");
    expect(page.status).to.equal(200);
    expect(page.headers.get("content-security-policy")).to.include("default-src 'self'");
    const description = JSON.parse(await readFile(NETWORK_FILE, "utf8")) as { gatewayUrl: string };
    expect(await (await fetch(`${table.get("dApp") ?? ""}/network.json`)).json()).to.deep.equal(description);
    expect(description.gatewayUrl).to.equal(table.get("gateway"));
    expect((await fetch(`${description.gatewayUrl}/v1/nodes`)).status).to.equal(200);
    expect(await (await fetch(table.get("hello service") ?? "")).text()).to.include("Hello from Fizz");
    expect(await runLogsCommand(table.get("its logs") ?? "")).to.include("serving on port 8080");

    run.interrupt();
    expect(await run.ended(END_MS), run.stderr).to.equal(0);
    await expectNothingLeft(run, before);
  });

  it("installs, compiles and builds nothing the second time", async () => {
    const run = await start();
    await run.untilSays("Ctrl-C ends all of it", SECOND_START_MS);
    expect(run.stderr).to.not.match(
      /Fetching Node|Installing the dependencies|Compiling the contracts|Building the dApp/,
    );
  });

  it("leaves nothing behind when it is interrupted in the middle of its start", async () => {
    const before = await labelled();
    for (const ms of [1500, 6000]) {
      const run = await start();
      await delay(ms);
      run.interrupt();
      // 130 where the signal came before the script itself had begun.
      expect(await run.ended(END_MS), run.stderr).to.be.oneOf([0, 130]);
      await expectNothingLeft(run, before);
    }
  });
});

/** Ids of the containers and networks of any Fizz node, on an engine that outlives the run. */
async function labelled(): Promise<string[]> {
  const engine = await findEngine();
  if (engine === undefined) return [];
  const filters = { label: ["fizz.node"] };
  const containers = await engine.client.listContainers({ all: true, filters });
  const networks = await engine.client.listNetworks({ filters });
  return [...containers, ...networks].map(({ Id }) => Id).sort();
}

async function expectNothingLeft(run: ScriptRun, before: readonly string[]): Promise<void> {
  expect(await run.leftProcesses(), "processes").to.deep.equal([]);
  expect(await run.leftFiles(), "temporary files").to.deep.equal([]);
  expect(existsSync(NETWORK_FILE), ".fizz/network.json").to.equal(false);
  expect(await labelled(), "containers and networks").to.deep.equal(before);
}

/** Runs the command of the table as a newcomer would, but for `npx` and `--follow`, which does not end. */
async function runLogsCommand(command: string): Promise<string> {
  expect(command).to.match(/^npx fizz deployment logs --lid \d+ --follow$/);
  const args = command.split(" ").slice(2, -1);
  const home = await createTempDir("reader");
  try {
    const env = { PATH: process.env["PATH"], HOME: home.path };
    const result = await runCommand(["node", inRoot("cli/bin/fizz.js"), ...args], { env });
    return `${result.stdout}${result.stderr}`;
  } finally {
    await home.stop();
  }
}
