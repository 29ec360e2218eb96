import { expect } from "chai";
import { spawn } from "node:child_process";
import {
  readKeyFile,
  readPasswordFile,
  replaceKeyFile,
  requirePrivate,
  sealKey,
  writeKeyFile,
} from "@fizz/protocol/keystore";
import {
  chmodSync,
  chownSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { lockDataDir } from "../../../node-agent/src/store/data-lock.ts";
import { inRoot } from "../../../scripts/lib/paths.ts";
import { codeOf } from "../../support/code-of.ts";
import { hashOf } from "../support/builders.ts";

describe("files of a node's owner", () => {
  const dir = mkdtempSync(join(tmpdir(), "fizz-owner-"));
  after(() => {
    rmSync(dir, { recursive: true });
  });

  it("keeps the encrypted operator key from others, and never over another one", async () => {
    const path = join(dir, "keys", "operator.key");
    const keystore = await sealKey(hashOf("first"), "password", { scryptN: 16 });
    expect(readKeyFile(path)).to.equal(undefined);
    writeKeyFile(path, keystore);
    const again = await fails(() => {
      writeKeyFile(path, keystore);
    });
    expect(again).to.equal("STORE_FAILED");
    expect(statSync(path).mode & 0o777).to.equal(0o600);
    expect(readKeyFile(path)).to.deep.equal({ keystore });
  });

  it("puts the encrypted key in the place of one that is not, whole or not at all", async () => {
    const path = file("raw.key", `${hashOf("raw")}\n`);
    expect(readKeyFile(path)).to.deep.equal({ rawKey: hashOf("raw") });
    const keystore = await sealKey(hashOf("raw"), "password", { scryptN: 16 });
    replaceKeyFile(path, keystore);
    expect(readKeyFile(path)).to.deep.equal({ keystore });
    expect(statSync(path).mode & 0o777).to.equal(0o600);
    expect(readdirSync(dir)).to.not.include("raw.key.tmp");
    const linked = file("linked.key", hashOf("raw"));
    symlinkSync(linked, join(dir, "link.key"));
    replaceKeyFile(join(dir, "link.key"), keystore);
    expect(readKeyFile(linked), "the file behind a link").to.deep.equal({ keystore });
    expect(readKeyFile(file("bare.key", hashOf("raw").slice(2))), "as gateways took it").to.deep.equal({
      rawKey: hashOf("raw"),
    });
  });

  it("leaves a key file to the account of a service, where root replaces it", async function () {
    if (process.getuid?.() !== 0) return this.skip();
    const path = file("service.key", hashOf("raw"));
    chownSync(path, 12_345, 12_346);
    replaceKeyFile(path, await sealKey(hashOf("raw"), "password", { scryptN: 16 }));
    const { uid, gid, mode } = statSync(path);
    expect([uid, gid, mode & 0o777]).to.deep.equal([12_345, 12_346, 0o600]);
  });

  it("refuses a key file that others may read, or that holds no key, and says nothing of what it holds", () => {
    for (const [path, mode] of [
      [file("open.key", hashOf("key")), 0o640],
      [file("short.key", hashOf("key").slice(0, -1)), 0o600],
      [file("zero.key", `0x${"00".repeat(32)}`), 0o600],
      [file("large.key", `${hashOf("key")}${" ".repeat(16 * 1_024)}`), 0o600],
      [file("json.key", JSON.stringify({ version: 3, key: hashOf("key") })), 0o600],
    ] as const) {
      chmodSync(path, mode);
      expect(() => readKeyFile(path))
        .to.throw()
        .and.satisfies((error: { code: string; message: string }) => {
          return error.code === "CONFIG_INVALID" && !error.message.includes(hashOf("key").slice(2, 20));
        });
    }
  });

  it("reads a password without its line end, from a file that others may not read", async () => {
    expect(readPasswordFile(file("password", " correct horse \r\n"))).to.equal(" correct horse ");
    for (const [name, text, mode] of [
      ["group", "secret", 0o640],
      ["world", "secret", 0o604],
      ["empty", "\n", 0o600],
      ["long", "x".repeat(1_025), 0o600],
    ] as const) {
      const path = file(name, text);
      chmodSync(path, mode);
      expect(await fails(() => readPasswordFile(path)), name).to.equal("CONFIG_INVALID");
    }
    expect(await fails(() => readPasswordFile(join(dir, "none")))).to.equal("CONFIG_INVALID");
  });

  it("passes on a credential of systemd: root's, with the bits of its access list", async () => {
    const isRefused = async (mode: number, uid: number, self: number) =>
      (await fails(() => {
        requirePrivate("file", { mode, uid }, self);
      })) === "CONFIG_INVALID";
    expect(await isRefused(0o440, 0, 1_000)).to.equal(false);
    for (const [mode, uid, self] of [
      [0o440, 1_000, 1_000],
      [0o440, 0, 0],
      [0o444, 0, 1_000],
      [0o460, 0, 1_000],
    ] as const)
      expect(await isRefused(mode, uid, self), `${mode.toString(8)} of ${uid} for ${self}`).to.equal(true);
  });

  it("lets one agent have a data directory, until it ends or is killed", async () => {
    const data = join(dir, "data");
    lockDataDir(data)();
    const module = inRoot("node-agent/src/store/data-lock.ts");
    const body = `import { lockDataDir } from ${JSON.stringify(module)};
      lockDataDir(${JSON.stringify(data)});
      console.log("locked");
      setInterval(() => undefined, 1_000);`;
    const child = spawn(process.execPath, ["--input-type=module", "--eval", body], {
      stdio: ["ignore", "pipe", "inherit"],
      timeout: 30_000,
    });
    const ended = new Promise((resolve) => child.once("close", resolve));
    expect(String(await new Promise((resolve) => child.stdout.once("data", resolve)))).to.equal("locked\n");
    expect(await fails(() => lockDataDir(data))).to.equal("REQUIREMENT_MISSING");
    child.kill("SIGKILL");
    await ended;
    const unlock = lockDataDir(data);
    expect(await fails(() => lockDataDir(data))).to.equal("REQUIREMENT_MISSING");
    unlock();
    lockDataDir(data)();
  }).timeout(60_000);

  const fails = async (task: () => unknown) => await codeOf(Promise.resolve().then(task));

  function file(name: string, text: string): string {
    const path = join(dir, name);
    writeFileSync(path, text, { mode: 0o600 });
    return path;
  }
});
