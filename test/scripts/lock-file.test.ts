import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { isAlive, tryLock, waitForLock } from "../../scripts/lib/lock-file.js";
import { createTempDir, type TempDir } from "../../scripts/lib/temp-dir.ts";

/** Larger than any process id of Linux. */
const DEAD_PID = 4_194_305;

describe("a lock file", () => {
  let folder: TempDir;
  before(async () => {
    folder = await createTempDir("lock-test");
  });
  after(() => folder.stop());

  it("is held by one at a time, and free again after its release", () => {
    const path = join(folder.path, "one");
    const release = tryLock(path);
    expect(release).to.be.a("function");
    expect(tryLock(path)).to.equal(undefined);
    release?.();
    expect(existsSync(path)).to.equal(false);
    tryLock(path)?.();
  });

  it("is taken from a process that is gone", () => {
    const path = join(folder.path, "stale");
    writeFileSync(path, String(DEAD_PID));
    expect(isAlive(DEAD_PID)).to.equal(false);
    expect(tryLock(path)).to.be.a("function");
  });

  it("is waited for, and the wait is told once", async () => {
    const path = join(folder.path, "wait");
    const release = tryLock(path);
    const owners: (string | undefined)[] = [];
    setTimeout(() => release?.(), 300);
    const second = await waitForLock(path, { timeoutMs: 5000, onWait: (owner) => owners.push(owner) });
    expect(second).to.be.a("function");
    expect(owners).to.deep.equal([String(process.pid)]);
  });

  it("is given up after the time that was set", async () => {
    const path = join(folder.path, "never");
    tryLock(path);
    expect(await waitForLock(path, { timeoutMs: 200 })).to.equal(undefined);
  });
});
