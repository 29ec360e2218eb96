import { expect } from "chai";
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { keystoreSchema, openKey, sealKey } from "@fizz/protocol/keystore";
import { type Hex } from "viem";
import { privateKeyToAddress } from "viem/accounts";
import { changePassword } from "../../node-agent/src/commands/change-password.ts";
import { requireIdentity } from "../../node-agent/src/commands/context.ts";
import { init } from "../../node-agent/src/commands/init.ts";
import { findOwnerKey } from "../../node-agent/src/commands/owner-key.ts";
import { loadConfig } from "../../node-agent/src/config.ts";
import { Vault } from "../../node-agent/src/store/vault.ts";
import { inRoot } from "../../scripts/lib/paths.ts";
import { codeOf } from "../support/code-of.ts";
import { findIn, findInFolder, needlesOf } from "../support/malice/search.ts";
import { until } from "../support/until.ts";
import { CONTRACTS } from "./support/loopback-gateway.ts";
import { silentLog as log } from "./support/silent-log.ts";

describe("the operator key of a node", function () {
  this.timeout(60_000);
  const dir = mkdtempSync(join(tmpdir(), "fizz-key-"));
  const dataDir = join(dir, "data");
  const keyFile = join(dataDir, "operator.key");
  const password = randomBytes(16).toString("hex");
  const passwordFile = join(dir, "password");
  writeFileSync(passwordFile, `${password}\n`, { mode: 0o600 });
  const key: Hex = `0x${randomBytes(32).toString("hex")}`;
  after(() => {
    rmSync(dir, { recursive: true });
  });

  it("is not made without a password, nor with a short one or one that was mistyped", async () => {
    expect(await codeOf(run({ FIZZ_NODE_PASSWORD_FILE: "" }))).to.equal("CONFIG_INVALID");
    const short = join(dir, "short");
    writeFileSync(short, "short", { mode: 0o600 });
    expect(await codeOf(run({ FIZZ_NODE_PASSWORD_FILE: short }))).to.equal("USAGE");
    expect(await codeOf(run({ FIZZ_NODE_PASSWORD_FILE: "" }, [password, `${password}?`]))).to.equal("USAGE");
  });

  it("is made once by init, encrypted with the password, which is asked for where there is no file", async () => {
    const first = await run({ FIZZ_NODE_PASSWORD_FILE: "" }, [password, password]);
    const operator = /Operator: (0x\w{40})/.exec(first)?.[1];
    const keystore = keystoreSchema.parse(JSON.parse(readFileSync(keyFile, "utf8")));
    expect(keystore.crypto.kdfparams.n).to.equal(2 ** 17);
    expect(privateKeyToAddress(await openKey(keystore, password))).to.equal(operator);
    expect(await run())
      .to.include(operator)
      .and.to.include("already");
    expect((await requireIdentity(context())).operator).to.equal(operator);
    rmSync(keyFile);
    expect(await codeOf(requireIdentity(context()))).to.equal("CONFIG_INVALID");
  });

  it("is refused when it is not encrypted, and encrypted by init", async () => {
    writeFileSync(keyFile, `${key}\n`, { mode: 0o600 });
    const refused = await requireIdentity(context()).catch((error: unknown) => error);
    expect(refused).to.include({
      code: "CONFIG_INVALID",
      message: `The operator key in ${keyFile} is not encrypted. Encrypt it: npm run node -- init`,
    });
    expect(await run()).to.include(privateKeyToAddress(key));
    expect(readFileSync(keyFile, "utf8")).to.not.include(key.slice(2));
    expect((await requireIdentity(context())).key).to.equal(key);
  });

  it("does not open with another password, or with one that others may read", async () => {
    const other = join(dir, "other");
    writeFileSync(other, "another password", { mode: 0o600 });
    const from = { FIZZ_NODE_PASSWORD_FILE: other };
    expect(await codeOf(requireIdentity(context(from)))).to.equal("WALLET_REJECTED");
    chmodSync(other, 0o644);
    expect(await codeOf(requireIdentity(context(from)))).to.equal("CONFIG_INVALID");
    expect(await codeOf(requireIdentity(context({ FIZZ_NODE_PASSWORD_FILE: "" })))).to.equal(
      "CONFIG_INVALID",
    );
  });

  it("gets another password by change-password, at the same cost, and opens what was sealed under it", async () => {
    const cost = { n: 2 ** 6, r: 4, p: 2 };
    const give = async () => {
      writeFileSync(keyFile, JSON.stringify(await sealKey(key, password, { cost })), { mode: 0o600 });
    };
    await give();
    const vault = new Vault(key, new Uint8Array(32));
    const sealed = vault.seal("leases/1", "text");
    const next = join(dir, "next");
    const change = (newPasswordFile: string | undefined, changes = {}) => {
      const print = () => undefined;
      const whole = { ...context(changes), print, log, signal: new AbortController().signal };
      return changePassword(whole, { newPasswordFile });
    };
    writeFileSync(next, "short", { mode: 0o600 });
    expect(await codeOf(change(next))).to.equal("USAGE");
    writeFileSync(next, "another password\n");
    expect(await codeOf(change(next, { FIZZ_NODE_PASSWORD_FILE: next }))).to.equal("WALLET_REJECTED");
    expect(await codeOf(change(undefined))).to.equal("CONFIG_INVALID");
    // The new file cannot be made.
    mkdirSync(`${keyFile}.tmp`);
    expect(await codeOf(change(next))).to.equal("STORE_FAILED");
    rmdirSync(`${keyFile}.tmp`);
    expect((await requireIdentity(context())).key).to.equal(key);
    // What a crash left is not taken over with its mode.
    writeFileSync(`${keyFile}.tmp`, "half", { mode: 0o644 });
    expect(await change(next)).to.equal(0);
    expect(statSync(keyFile).mode & 0o777).to.equal(0o600);
    expect(await codeOf(requireIdentity(context()))).to.equal("WALLET_REJECTED");
    const { key: opened } = await requireIdentity(context({ FIZZ_NODE_PASSWORD_FILE: next }));
    expect(new Vault(opened, new Uint8Array(32)).open("leases/1", sealed)).to.equal("text");
    const { kdfparams } = keystoreSchema.parse(JSON.parse(readFileSync(keyFile, "utf8"))).crypto;
    expect(kdfparams).to.deep.include(cost);
  });

  it("of an owner is read from a keystore alone, with a password of its own", async () => {
    const path = join(dir, "owner.json");
    const ownerPassword = join(dir, "owner-password");
    writeFileSync(ownerPassword, "the owner's password", { mode: 0o600 });
    const from = { FIZZ_NODE_OWNER_PASSWORD_FILE: ownerPassword };
    const find = async (changes = {}) => await findOwnerKey(context(changes), path);
    expect(await findOwnerKey(context(), undefined)).to.equal(undefined);
    expect(await codeOf(find(from))).to.equal("CONFIG_INVALID");
    writeFileSync(path, key, { mode: 0o600 });
    expect(await codeOf(find(from))).to.equal("CONFIG_INVALID");
    writeFileSync(path, JSON.stringify(await sealKey(key, "the owner's password", { scryptN: 2 ** 4 })));
    expect(await find(from)).to.equal(key);
    expect(await findOwnerKey(context({ ...from, FIZZ_NODE_OWNER_KEYSTORE: path }), undefined)).to.equal(key);
    expect(await codeOf(find())).to.equal("CONFIG_INVALID");
    const asked = { ...context(), askSecret: () => Promise.resolve("the owner's password") };
    expect(await findOwnerKey(asked, path)).to.equal(key);
    expect(await codeOf(find({ FIZZ_NODE_OWNER_PASSWORD_FILE: passwordFile }))).to.equal("WALLET_REJECTED");
  });

  it("is nowhere but in memory while the agent runs: not in its arguments, environment, files or log", async () => {
    const keystore = await sealKey(key, password, { scryptN: 2 ** 4 });
    writeFileSync(keyFile, JSON.stringify(keystore), { mode: 0o600 });
    const child = spawn(process.execPath, [inRoot("node-agent/src/main.ts"), "start"], {
      env: { PATH: process.env["PATH"], FIZZ_LOG_LEVEL: "trace", ...settings() },
      stdio: ["ignore", "pipe", "pipe"],
      timeout: 50_000,
    });
    let said = "";
    for (const stream of [child.stdout, child.stderr])
      stream.on("data", (chunk: Buffer) => {
        said += chunk.toString();
      });
    const ended = new Promise((resolve) => child.once("close", resolve));
    await until(() => Promise.resolve(said.includes("start.waiting")), "it waits for its chain", 50_000);
    const seen = Buffer.concat([
      await readFile(`/proc/${child.pid}/cmdline`),
      await readFile(`/proc/${child.pid}/environ`),
      Buffer.from(said),
    ]);
    for (const secret of [key.slice(2), password]) {
      const needles = new Map([...needlesOf(secret), ["raw", Buffer.from(secret, "hex")]]);
      expect(findIn(seen, needles)).to.deep.equal([]);
      expect(await findInFolder(dataDir, needles)).to.deep.equal([]);
    }
    expect(findIn(seen, needlesOf(passwordFile)), "control").to.include("plain");
    const address = needlesOf(privateKeyToAddress(key).slice(2));
    expect(await findInFolder(dataDir, address), "control").to.not.deep.equal([]);
    child.kill("SIGTERM");
    expect(await ended).to.equal(0);
  });

  /** What `init` prints. @param typed What somebody types who is asked; nobody is there without. */
  async function run(changes: Record<string, string> = {}, typed?: string[]): Promise<string> {
    const lines: string[] = [];
    const asked = typed === undefined ? {} : { askSecret: () => Promise.resolve(typed.shift() ?? "") };
    const print = (line: string) => lines.push(line);
    await init({ ...context(changes), ...asked, print, log, signal: new AbortController().signal });
    return lines.join("\n");
  }

  function context(changes: Record<string, string> = {}) {
    return { config: loadConfig({ ...settings(), ...changes }) };
  }

  function settings() {
    return {
      FIZZ_RPC_URL: "http://127.0.0.1:1",
      FIZZ_NODE_GATEWAY: "http://127.0.0.1:1",
      FIZZ_CONTRACTS: JSON.stringify(CONTRACTS),
      FIZZ_NODE_BENCHMARK_SECONDS: "0",
      FIZZ_NODE_DATA_DIR: dataDir,
      FIZZ_NODE_PASSWORD_FILE: passwordFile,
    };
  }
});
