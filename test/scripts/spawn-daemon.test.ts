import { readFile } from "node:fs/promises";
import { expect } from "chai";
import { isAlive } from "../../scripts/lib/lock-file.js";
import { ScriptError } from "../../scripts/lib/script-error.ts";
import { type DaemonInit, spawnDaemon } from "../../scripts/lib/spawn-daemon.ts";
import { createTempDir, type TempDir } from "../../scripts/lib/temp-dir.ts";

const GRACE_MS = 300;

describe("spawnDaemon", () => {
  let logs: TempDir;
  before(async () => {
    logs = await createTempDir("daemon-test");
  });
  after(() => logs.stop());

  const shell = (name: string, script: string, more: Partial<DaemonInit> = {}): DaemonInit => ({
    name,
    argv: ["sh", "-c", script],
    logDir: logs.path,
    graceMs: GRACE_MS,
    ...more,
  });

  it("waits for the line that says that it works, and keeps the output in a file", async () => {
    const daemon = await spawnDaemon(
      shell("line", "sleep 0.2; echo up; exec sleep 60", { readyLine: /^up$/ }),
    );
    expect(daemon.isRunning()).to.equal(true);
    expect(daemon.tail()).to.equal("up");
    await daemon.stop();
    expect(daemon.isRunning()).to.equal(false);
    expect(await readFile(daemon.logFile, "utf8")).to.equal("up\n");
  });

  it("waits for a probe, and takes its exceptions for a no", async () => {
    let asked = 0;
    const readyProbe = (): Promise<boolean> => {
      asked += 1;
      return asked < 3 ? Promise.reject(new Error("not yet")) : Promise.resolve(true);
    };
    const daemon = await spawnDaemon(shell("probe", "exec sleep 60", { readyProbe }));
    expect(asked).to.equal(3);
    await daemon.stop();
  });

  it("tells the last lines of one that ends early", async () => {
    const failure = await failureOf(shell("early", "echo the reason; exit 3", { readyLine: /never/ }));
    expect(failure.code).to.equal("DAEMON_FAILED");
    expect(failure.details).to.equal("the reason");
  });

  it("ends one that is not ready in time", async () => {
    const init = shell("late", "echo $$; exec sleep 60", { readyLine: /never/, readyTimeoutMs: 300 });
    const failure = await failureOf(init);
    expect(isAlive(Number(failure.details))).to.equal(false);
  });

  it("kills one that ignores the polite signal, with its children", async () => {
    const script = "trap '' TERM; sleep 60 & echo $!; while true; do sleep 1; done";
    const daemon = await spawnDaemon(shell("stubborn", script, { readyLine: /^\d+$/ }));
    const child = Number(daemon.tail());
    expect(isAlive(child)).to.equal(true);
    await daemon.stop();
    expect(isAlive(daemon.pid)).to.equal(false);
    expect(await endsSoon(child)).to.equal(true);
  });

  it("says which program could not be started", async () => {
    const failure = await failureOf({
      name: "nothing",
      argv: ["/nonexistent/program"],
      logDir: logs.path,
      readyLine: /^never$/,
    });
    expect(failure.code).to.be.oneOf(["DAEMON_NOT_STARTED", "DAEMON_FAILED"]);
    expect(failure.message).to.include("nothing");
  });
});

async function failureOf(init: DaemonInit): Promise<ScriptError> {
  const error: unknown = await spawnDaemon(init).then(
    async (daemon) => {
      await daemon.stop();
      return new Error("it started");
    },
    (failure: unknown) => failure,
  );
  if (error instanceof ScriptError) return error;
  throw error;
}

/** A killed grandchild is reaped by init, a moment later. */
async function endsSoon(pid: number): Promise<boolean> {
  for (let tries = 0; tries < 50; tries += 1) {
    const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => undefined);
    if (stat === undefined || / Z /.test(stat)) return true;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return false;
}
