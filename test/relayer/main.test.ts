import { type ChildProcess } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { expect } from "chai";
import { keystoreSchema, openKey, readPasswordFile } from "@fizz/protocol/keystore";
import { privateKeyToAddress } from "viem/accounts";
import { CONFIG_OPTIONS } from "../../relayer/src/config-options.ts";
import { loadConfig } from "../../relayer/src/config.ts";
import { CONTRACTS, eventually } from "./support/builders.ts";
import { gatewayProgram, type StartGateway } from "./support/gateway-program.ts";
import { keySettings } from "./support/key-settings.ts";

describe("the gateway program", function () {
  this.timeout(120_000);
  const folders: string[] = [];
  const children: ChildProcess[] = [];
  let keys: Record<string, string>;
  let start: StartGateway;
  before(async () => {
    keys = await keySettings(folder());
    start = await gatewayProgram();
  });
  after(() => {
    for (const child of children) child.kill("SIGKILL");
    for (const folder of folders) rmSync(folder, { recursive: true, force: true });
  });

  it("prints every setting with --help", async () => {
    const { code, stdout } = await ended(run(["--help"], {}));
    expect(code).to.equal(0);
    for (const { env, key } of CONFIG_OPTIONS) {
      expect(stdout).to.contain(env);
      expect(stdout).to.contain(`file key: ${key};`);
    }
  });

  it("lists every problem of its configuration and ends with code 2", async () => {
    const { code, stderr } = await ended(run([], { FIZZ_GATEWAY_PORTS: "90000", FIZZ_CONFIRMATIONS: "1" }));
    expect(code).to.equal(2);
    for (const name of ["RPC_URL", "CONTRACTS", "GATEWAY_KEY", "GATEWAY_PORTS", "CONFIRMATIONS"])
      expect(stderr).to.contain(`FIZZ_${name}`);
  });

  it("starts without a chain, says so on stdout, ends on SIGTERM within 5 s", async () => {
    const child = run([], settings(folder()));
    const line = await ready(child);
    expect(line.event).to.equal("gateway.ready");
    expect(line.multiaddrs).to.have.length(2);
    const health = (await (await fetch(`${line.apiUrl}/v1/health`)).json()) as { status: string };
    expect(health.status).to.equal("degraded");
    const startedAt = Date.now();
    child.kill("SIGTERM");
    expect((await ended(child)).code).to.equal(0);
    expect(Date.now() - startedAt).to.be.below(5_000);
  });

  it("writes a configuration that explains itself and a key, once, and examines it", async () => {
    const dir = folder();
    const file = join(dir, "gateway.yaml");
    const passwordFile = keys["FIZZ_GATEWAY_PASSWORD_FILE"] ?? "";
    const settings = { FIZZ_RPC_URL: "http://127.0.0.1:9", FIZZ_GATEWAY_API_PORT: "0" };
    const nobody = await ended(run(["init", "--config", file], settings));
    expect(nobody).to.include({ code: 2, stdout: "" });
    expect(nobody.stderr).to.contain("FIZZ_GATEWAY_PASSWORD_FILE");
    expect(existsSync(file), "without a password nothing is made").to.equal(false);
    const env = { ...settings, FIZZ_GATEWAY_PASSWORD_FILE: passwordFile };
    const made = await ended(run(["init", "--config", file], env));
    expect(made).to.include({ code: 0, stderr: "" });
    for (const path of [file, join(dir, "gateway.key")]) expect(statSync(path).mode & 0o777).to.equal(0o600);
    const text = readFileSync(file, "utf8");
    for (const { key, env: name } of CONFIG_OPTIONS)
      expect(text)
        .to.match(new RegExp(`\\n(# )?${key}:`))
        .and.contain(name);
    const again = await ended(run(["init", "--config", file], env));
    expect(again.code).to.equal(2);
    expect(again.stderr).to.contain("is there already");
    const missing = await examine(["doctor", "-o", "json", "--config", file], {});
    expect(missing).to.deep.equal(["fail settings"]);
    writeFileSync(file, text.replace("\ncontracts:\n", `\ncontracts: ${JSON.stringify(CONTRACTS)}\n`));
    const config = loadConfig(file, {});
    expect(config).to.deep.include({ contracts: CONTRACTS, apiPort: 0, dataDir: join(dir, "data") });
    expect(config).to.include({ keyFile: join(dir, "gateway.key"), passwordFile });
    const keystore = keystoreSchema.parse(JSON.parse(readFileSync(config.keyFile, "utf8")));
    const key = await openKey(keystore, readPasswordFile(passwordFile));
    expect(made.stdout).to.contain(`Operator: ${privateKeyToAddress(key)}`);
    const found = await examine(["doctor", "--json", "--config", file], {
      FIZZ_GATEWAY_LISTEN: "/ip4/127.0.0.1/tcp/0",
    });
    expect(found).to.include.members([
      "ok settings",
      "ok key file",
      "ok data folder",
      "fail chain",
      "warn public host",
    ]);
  });

  it("ends at once with a second signal", async () => {
    const dataDir = folder();
    const child = run([], settings(dataDir));
    await ready(child);
    // Half a question to the operator's socket keeps an orderly end waiting for half a second.
    const question = connect(join(dataDir, "operator.sock"));
    question.on("error", () => undefined).write("GET /status HTTP/1.1\r\n");
    await new Promise((resolve) => setTimeout(resolve, 200));
    child.kill("SIGTERM");
    child.kill("SIGINT");
    expect((await ended(child)).code).to.equal(1);
  });

  it("answers the operator over a socket of its owner alone, and ends when it is drained", async () => {
    const dataDir = folder();
    const env = { ...settings(dataDir), FIZZ_GATEWAY_ADMIN_PORT: "0" };
    expect((await ended(run(["status"], env))).stderr).to.contain("GATEWAY_UNREACHABLE");
    const child = run([], env);
    const over = ended(child);
    const line = await ready(child);
    const path = join(dataDir, "operator.sock");
    expect(statSync(path).mode & 0o777).to.equal(0o600);
    const asked = await ended(run(["status", "-o", "json"], env));
    expect(asked.code, "the chain does not answer").to.equal(1);
    const found = JSON.parse(asked.stdout) as Record<string, unknown>;
    expect(found).to.include({ apiUrl: line.apiUrl, notReady: "The chain does not answer.", drain: null });
    expect((await ended(run(["status"], env))).stdout).to.contain("The chain does not answer.");
    expect((await ended(run(["drain", "--within", "soon"], env))).code).to.equal(2);
    const drained = await ended(run(["drain", "--within", "30", "--wait"], env));
    expect(drained).to.include({ code: 0, stderr: "" });
    expect(drained.stdout).to.contain("The gateway has ended.");
    expect((await over).code).to.equal(0);
    expect(existsSync(path), "the socket is gone").to.equal(false);
  });

  it("takes a changed configuration on SIGHUP and on reload, and nothing of a wrong one", async () => {
    const dataDir = folder();
    const file = join(dataDir, "gateway.json");
    const env = settings(dataDir);
    const write = (changes: object): void => {
      writeFileSync(file, JSON.stringify(changes));
    };
    write({ maxConnections: 10 });
    const child = run(["--config", file], env);
    const log = eventsOf(child);
    await ready(child);
    write({ maxConnections: 20, publicHost: "gw.example", logLevel: "warn" });
    child.kill("SIGHUP");
    const reloaded = await until(log, "config.reloaded");
    expect(reloaded["changed"]).to.have.members(["maxConnections", "logLevel"]);
    expect(reloaded["needsRestart"]).to.deep.equal(["publicHost"]);
    write({ maxConnections: "many" });
    child.kill("SIGHUP");
    const refused = await until(log, "config.reload.failed");
    expect(JSON.stringify(refused)).to.contain("maxConnections");
    const asked = await ended(run(["reload", "--config", file], env));
    expect(asked.code).to.equal(2);
    write({ maxConnections: 30, logLevel: "info" });
    const taken = await ended(run(["reload", "--config", file, "--json"], env));
    expect(JSON.parse(taken.stdout)).to.deep.equal({
      changed: ["maxConnections", "logLevel"],
      needsRestart: [],
      failed: [],
    });
    child.kill("SIGTERM");
    expect((await ended(child)).code).to.equal(0);
  });

  it("refuses a data folder in use, and opens it again after the first was killed", async () => {
    const dataDir = folder();
    const first = run([], settings(dataDir));
    await ready(first);
    const second = await ended(run([], settings(dataDir)));
    expect(second.code).to.equal(2);
    expect(second.stderr).to.contain("Another gateway uses the folder");
    first.kill("SIGKILL");
    await ended(first);
    const third = run([], settings(dataDir));
    await ready(third);
    third.kill("SIGINT");
    expect((await ended(third)).code).to.equal(0);
  });

  it("reads a file, and lets the environment win", () => {
    const file = join(folder(), "gateway.json");
    const keyFile = join(folder(), "key");
    const listen = ["/ip4/127.0.0.1/tcp/1"];
    writeFileSync(
      file,
      JSON.stringify({ rpcUrl: "http://a", contracts: CONTRACTS, keyFile, listen, apiPort: 1 }),
    );
    const config = loadConfig(file, {
      FIZZ_GATEWAY_API_PORT: "2",
      FIZZ_GATEWAY_PORTS: "5000-5001,7000",
      FIZZ_GATEWAY_MAX_NODES: "5",
    });
    expect(config).to.deep.include({
      rpcUrl: "http://a",
      keyFile,
      listen,
      apiPort: 2,
      confirmations: 2,
      maxNodes: 5,
    });
    expect(config.ports).to.deep.equal([
      { first: 5_000, last: 5_001 },
      { first: 7_000, last: 7_000 },
    ]);
  });

  function settings(dataDir: string): Record<string, string> {
    return {
      FIZZ_RPC_URL: "http://127.0.0.1:9",
      FIZZ_CONTRACTS: JSON.stringify(CONTRACTS),
      ...keys,
      FIZZ_GATEWAY_API_HOST: "127.0.0.1",
      FIZZ_GATEWAY_API_PORT: "0",
      FIZZ_GATEWAY_LISTEN: "/ip4/127.0.0.1/tcp/0,/ip4/127.0.0.1/tcp/0/ws",
      FIZZ_GATEWAY_LINK_PORT: "0",
      FIZZ_GATEWAY_DATA_DIR: dataDir,
    };
  }

  function folder(): string {
    const path = mkdtempSync(join(tmpdir(), "fizz-gateway-test-"));
    folders.push(path);
    return path;
  }

  function run(argv: readonly string[], env: Record<string, string>): ChildProcess {
    const child = start(argv, env);
    children.push(child);
    return child;
  }

  async function ready(
    child: ChildProcess,
  ): Promise<{ event: string; apiUrl: string; multiaddrs: string[] }> {
    if (child.stdout === null) throw new Error("no stdout");
    for await (const line of createInterface({ input: child.stdout }))
      return JSON.parse(line) as { event: string; apiUrl: string; multiaddrs: string[] };
    throw new Error("the gateway ended without a ready line");
  }

  async function examine(argv: readonly string[], env: Record<string, string>): Promise<string[]> {
    const { code, stdout } = await ended(run(argv, env));
    const report = JSON.parse(stdout) as { ok: boolean; checks: { level: string; check: string }[] };
    expect([code, report.ok]).to.deep.equal([1, false]);
    return report.checks.map(({ level, check }) => `${level} ${check}`);
  }

  function eventsOf(child: ChildProcess): Record<string, unknown>[] {
    const found: Record<string, unknown>[] = [];
    if (child.stderr === null) throw new Error("no stderr");
    createInterface({ input: child.stderr }).on("line", (line) => {
      found.push(JSON.parse(line) as Record<string, unknown>);
    });
    return found;
  }

  async function until(log: Record<string, unknown>[], event: string): Promise<Record<string, unknown>> {
    const find = (): Record<string, unknown> | undefined => log.find((line) => line["event"] === event);
    await eventually(() => find() !== undefined, 30_000);
    return find() ?? {};
  }

  async function ended(
    child: ChildProcess,
  ): Promise<{ code: number | null; stdout: string; stderr: string }> {
    const text = { stdout: "", stderr: "" };
    for (const name of ["stdout", "stderr"] as const)
      child[name]?.on("data", (chunk: Buffer) => {
        text[name] += chunk.toString();
      });
    const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
    return { code, ...text };
  }
});
