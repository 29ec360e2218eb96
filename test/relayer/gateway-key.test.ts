import { expect } from "chai";
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { keystoreSchema, openKey, sealKey } from "@fizz/protocol/keystore";
import { type Hex } from "viem";
import { privateKeyToAddress } from "viem/accounts";
import { changePassword } from "../../relayer/src/commands/change-password.ts";
import { type CommandContext } from "../../relayer/src/commands/context.ts";
import { doctor } from "../../relayer/src/commands/doctor.ts";
import { findOwnerKey, openGatewayKey } from "../../relayer/src/commands/gateway-key.ts";
import { init } from "../../relayer/src/commands/init.ts";
import { status } from "../../relayer/src/commands/status.ts";
import { type Config, loadConfig } from "../../relayer/src/config.ts";
import { type Verdict } from "../../relayer/src/doctor/verdict.ts";
import { inRoot } from "../../scripts/lib/paths.ts";
import { codeOf } from "../support/code-of.ts";
import { findIn, findInFolder, needlesOf } from "../support/malice/search.ts";
import { CONTRACTS, eventually } from "./support/builders.ts";

/** scrypt made cheap: what is tested is the way, not the cost. */
const FAST = { scryptN: 2 ** 4 };

describe("the key of a gateway", function () {
  this.timeout(240_000);
  const dir = mkdtempSync(join(tmpdir(), "fizz-gateway-key-"));
  const keyFile = join(dir, "gateway.key");
  const configFile = join(dir, "gateway.yaml");
  const password = randomBytes(16).toString("hex");
  const passwordFile = join(dir, "password");
  writeFileSync(passwordFile, `${password}\n`, { mode: 0o600 });
  const key: Hex = `0x${randomBytes(32).toString("hex")}`;
  const operator = privateKeyToAddress(key);
  after(() => {
    rmSync(dir, { recursive: true });
  });

  it("is not made without a password, nor with a short one or one that was mistyped, and nothing else is", async () => {
    expect(await codeOf(run([]))).to.equal("CONFIG_INVALID");
    expect(await codeOf(run(["short", "short"]))).to.equal("USAGE");
    expect(await codeOf(run([password, `${password}?`]))).to.equal("USAGE");
    expect([existsSync(keyFile), existsSync(configFile)]).to.deep.equal([false, false]);
  });

  it("is made once by init, encrypted with the password that is asked for", async () => {
    const said = await run([password, password]);
    const address = /Operator: (0x\w{40})/.exec(said)?.[1];
    const keystore = keystoreSchema.parse(JSON.parse(readFileSync(keyFile, "utf8")));
    expect(keystore.crypto.kdfparams.n).to.equal(2 ** 17);
    expect(privateKeyToAddress(await openKey(keystore, password))).to.equal(address);
    expect(statSync(keyFile).mode & 0o777).to.equal(0o600);
    expect(said).to.include("FIZZ_GATEWAY_PASSWORD_FILE names a file");
    expect(await codeOf(run([password, password]))).to.equal("CONFIG_INVALID");
    rmSync(keyFile);
    const refused = await refusalOf(openGatewayKey(context(), settings()));
    expect(refused).to.deep.equal({
      code: "CONFIG_INVALID",
      message: `There is no gateway key at ${keyFile}. Make one: npm run gateway -- init --config ${configFile}`,
    });
  });

  it("is refused when it is not encrypted, by whatever needs it, and encrypted in its place by init", async () => {
    // As earlier gateways took it: with 0x or without.
    writeFileSync(keyFile, `${key.slice(2)}\n`, { mode: 0o600 });
    const yaml = readFileSync(configFile, "utf8");
    const message = `The gateway key in ${keyFile} is not encrypted. Encrypt it: npm run gateway -- init --config ${configFile}`;
    const refused = await refusalOf(openGatewayKey(context(), settings()));
    expect(refused).to.deep.equal({ code: "CONFIG_INVALID", message });
    const stopped = await refusalOf(status(context(), { json: false }));
    expect(stopped.code).to.equal("GATEWAY_UNREACHABLE");
    expect(stopped.message).to.include(`It would not start: ${message}`);
    const said = await run([password, password]);
    expect(said).to.include(operator).and.include("is encrypted now").and.not.include("Wrote");
    expect(readFileSync(keyFile, "utf8")).to.not.include(key.slice(2));
    expect(readFileSync(configFile, "utf8"), "the configuration stays").to.equal(yaml);
    expect(await openGatewayKey(context(), settings())).to.equal(key);
  });

  it("is encrypted by init also where all settings are in the environment, and nothing else is made then", async () => {
    const folder = mkdtempSync(join(dir, "env-"));
    const own = join(folder, "own.key");
    writeFileSync(own, key, { mode: 0o600 });
    const child = spawn(process.execPath, [inRoot("relayer/src/main.ts"), "init"], {
      cwd: folder,
      env: {
        PATH: process.env["PATH"],
        FIZZ_GATEWAY_KEY_FILE: "own.key",
        FIZZ_GATEWAY_PASSWORD_FILE: passwordFile,
      },
      stdio: "ignore",
    });
    expect(await new Promise((resolve) => child.once("close", resolve))).to.equal(0);
    const text = readFileSync(own, "utf8");
    expect(text).to.not.include(key.slice(2));
    expect(keystoreSchema.parse(JSON.parse(text)).address).to.equal(operator);
    expect(existsSync(join(folder, "gateway.yaml"))).to.equal(false);
  });

  it("is told by doctor: missing, as it is, open to others, with a wrong password, untried, and right", async () => {
    const look = async (changes: Partial<Config> = {}): Promise<Verdict | undefined> => {
      const lines: string[] = [];
      const whole = {
        ...context(),
        print: (line: string) => lines.push(line),
        readConfig: () => ({ ...settings(), ...changes }),
      };
      await doctor(whole, { json: true });
      const { checks } = JSON.parse(lines.join("")) as { checks: Verdict[] };
      return checks.find(({ check }) => check === "key file");
    };
    const other = join(dir, "other");
    writeFileSync(other, "another password", { mode: 0o600 });
    await give();
    expect(await look()).to.include({ level: "ok" });
    expect(await look({ passwordFile: undefined })).to.include({ level: "warn" });
    const wrong = await look({ passwordFile: other });
    expect(wrong).to.include({ level: "fail", advice: `See the password of ${keyFile}.` });
    chmodSync(keyFile, 0o644);
    expect((await look())?.found).to.equal(`Others may read ${keyFile}. Run: chmod 600 ${keyFile}`);
    writeFileSync(keyFile, key);
    chmodSync(keyFile, 0o600);
    expect((await look())?.found).to.include("is not encrypted. Encrypt it: npm run gateway -- init");
    rmSync(keyFile);
    expect((await look())?.found).to.include("There is no gateway key at");
  });

  it("gets another password by change-password, at the same cost", async () => {
    const cost = { n: 2 ** 6, r: 4, p: 2 };
    writeFileSync(keyFile, JSON.stringify(await sealKey(key, password, { cost })), { mode: 0o600 });
    const next = join(dir, "next");
    const change = async (newPasswordFile: string | undefined, asked: string[] = []): Promise<number> =>
      await changePassword(context(asked), { newPasswordFile });
    writeFileSync(next, "short", { mode: 0o600 });
    expect(await codeOf(change(next))).to.equal("USAGE");
    expect(await codeOf(change(undefined))).to.equal("CONFIG_INVALID");
    expect(await codeOf(change(undefined, ["one password", "another password"]))).to.equal("USAGE");
    expect(await openGatewayKey(context(), settings())).to.equal(key);
    writeFileSync(next, "another password\n");
    expect(await change(next)).to.equal(0);
    expect(await codeOf(openGatewayKey(context(), settings()))).to.equal("WALLET_REJECTED");
    expect(await openGatewayKey(context(), { ...settings(), passwordFile: next })).to.equal(key);
    const { kdfparams } = keystoreSchema.parse(JSON.parse(readFileSync(keyFile, "utf8"))).crypto;
    expect(kdfparams).to.deep.include(cost);
  });

  it("of the subnet's owner is read from a keystore alone, with a password of its own", async () => {
    const ownerKeystore = join(dir, "owner.json");
    const ownerPasswordFile = join(dir, "owner-password");
    writeFileSync(ownerPasswordFile, "the owner's password", { mode: 0o600 });
    const find = async (changes: Partial<Config> = {}, asked: string[] = []): Promise<Hex | undefined> =>
      await findOwnerKey(context(asked), { ...settings(), ownerKeystore, ownerPasswordFile, ...changes });
    expect(await find({ ownerKeystore: undefined })).to.equal(undefined);
    expect(await codeOf(find())).to.equal("CONFIG_INVALID");
    writeFileSync(ownerKeystore, key, { mode: 0o600 });
    expect(await codeOf(find())).to.equal("CONFIG_INVALID");
    writeFileSync(ownerKeystore, JSON.stringify(await sealKey(key, "the owner's password", FAST)));
    expect(await find()).to.equal(key);
    expect(await codeOf(find({ ownerPasswordFile: undefined }))).to.equal("CONFIG_INVALID");
    expect(await find({ ownerPasswordFile: undefined }, ["the owner's password"])).to.equal(key);
    expect(await codeOf(find({ ownerPasswordFile: passwordFile }))).to.equal("WALLET_REJECTED");
  });

  it("is not read from the environment, nor from the configuration, nor is the owner's", () => {
    const refusal = (env: Record<string, string>, file?: object): string => {
      const path = join(dir, "raw.json");
      writeFileSync(path, JSON.stringify(file ?? {}));
      try {
        loadConfig(path, { ...required(), ...env });
        return "taken";
      } catch (error) {
        expect(error).to.include({ code: "CONFIG_INVALID" });
        return String(error);
      }
    };
    expect(refusal({})).to.equal("taken");
    for (const text of [refusal({ FIZZ_GATEWAY_KEY: key }), refusal({}, { key })])
      expect(text).to.include("npm run gateway -- init").and.not.include(key.slice(2));
    for (const text of [refusal({ FIZZ_GATEWAY_OWNER_KEY: key }), refusal({}, { ownerKey: key })])
      expect(text).to.include("--owner-keystore").and.include("--unsigned").and.not.include(key.slice(2));
  });

  it("is nowhere but in memory while the gateway runs: not in its arguments, environment, files or log", async () => {
    await give();
    const dataDir = join(dir, "data");
    const child = spawn(process.execPath, [inRoot("relayer/src/main.ts"), "start"], {
      env: {
        ...{ PATH: process.env["PATH"], FIZZ_LOG_LEVEL: "debug", FIZZ_GATEWAY_DATA_DIR: dataDir },
        ...{ FIZZ_GATEWAY_API_HOST: "127.0.0.1", FIZZ_GATEWAY_API_PORT: "0", FIZZ_GATEWAY_LINK_PORT: "0" },
        ...{ FIZZ_GATEWAY_LISTEN: "/ip4/127.0.0.1/tcp/0", FIZZ_GATEWAY_PASSWORD_FILE: passwordFile },
        ...required(),
      },
      stdio: ["ignore", "pipe", "pipe"],
      timeout: 200_000,
    });
    let said = "";
    for (const stream of [child.stdout, child.stderr])
      stream.on("data", (chunk: Buffer) => {
        said += chunk.toString();
      });
    const ended = new Promise((resolve) => child.once("close", resolve));
    await eventually(() => said.includes("gateway.ready"), 200_000);
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
    child.kill("SIGTERM");
    expect(await ended).to.equal(0);
  });

  async function give(): Promise<void> {
    writeFileSync(keyFile, JSON.stringify(await sealKey(key, password, FAST)), { mode: 0o600 });
  }

  /** What `init` prints. @param typed What somebody types who is asked; nobody is there without. */
  async function run(typed: string[]): Promise<string> {
    const lines: string[] = [];
    await init({ ...context(typed), print: (line: string) => lines.push(line) });
    return lines.join("\n");
  }

  function context(typed: string[] = []): CommandContext {
    return {
      configFile,
      readConfig: settings,
      print: () => undefined,
      askSecret: typed.length === 0 ? undefined : () => Promise.resolve(typed.shift() ?? ""),
    };
  }

  function settings(): Config {
    const own = { FIZZ_GATEWAY_PASSWORD_FILE: passwordFile, FIZZ_GATEWAY_DATA_DIR: join(dir, "none") };
    return loadConfig(undefined, { ...required(), ...own });
  }

  function required(): Record<string, string> {
    return {
      FIZZ_RPC_URL: "http://127.0.0.1:9",
      FIZZ_CONTRACTS: JSON.stringify(CONTRACTS),
      FIZZ_GATEWAY_KEY_FILE: keyFile,
    };
  }
});

async function refusalOf(task: Promise<unknown>): Promise<{ code: string; message: string }> {
  const { code, message } = (await task.then(
    () => ({ code: "none", message: "" }),
    (error: unknown) => error,
  )) as { code: string; message: string };
  return { code, message };
}
