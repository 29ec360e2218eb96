import { expect } from "chai";
import { chmodSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { lockDataDir } from "../../../node-agent/src/store/data-lock.ts";
import { readOperatorKey, writeOperatorKey } from "../../../node-agent/src/store/operator-key.ts";
import { codeOf } from "../../support/code-of.ts";
import { hashOf } from "../support/builders.ts";

describe("files of a node's owner", () => {
  const dir = mkdtempSync(join(tmpdir(), "fizz-owner-"));
  after(() => {
    rmSync(dir, { recursive: true });
  });

  it("keeps the operator key from others, and makes it once", () => {
    const path = join(dir, "keys", "operator.key");
    expect(writeOperatorKey(path, hashOf("first"))).to.equal(true);
    expect(writeOperatorKey(path, hashOf("second"))).to.equal(false);
    expect(statSync(path).mode & 0o777).to.equal(0o600);
    expect(readOperatorKey(path)).to.equal(hashOf("first"));
  });

  it("refuses a key file that others may read, that is missing, or that holds no key", async () => {
    const path = join(dir, "open.key");
    writeFileSync(path, hashOf("key"));
    chmodSync(path, 0o644);
    const read = async (file: string) => await codeOf(Promise.resolve().then(() => readOperatorKey(file)));
    expect(await read(path)).to.equal("CONFIG_INVALID");
    expect(await read(join(dir, "none.key"))).to.equal("CONFIG_INVALID");
    writeFileSync(path, "secret");
    chmodSync(path, 0o600);
    expect(await read(path)).to.equal("CONFIG_INVALID");
  });

  it("lets one living agent have a data directory", () => {
    const unlock = lockDataDir(join(dir, "data"));
    unlock();
    writeFileSync(join(dir, "data", "agent.lock"), "999999999\n");
    lockDataDir(join(dir, "data"))();
    writeFileSync(join(dir, "data", "agent.lock"), "1\n");
    expect(() => lockDataDir(join(dir, "data"))).to.throw("Another agent (process 1)");
  });
});
