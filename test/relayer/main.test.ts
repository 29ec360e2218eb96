import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { CONFIG_OPTIONS } from "../../relayer/src/config-options.ts";
import { loadConfig } from "../../relayer/src/config.ts";
import { CONTRACTS, testKey } from "./support/builders.ts";

const MAIN = fileURLToPath(new URL("../../relayer/src/main.ts", import.meta.url));

describe("the gateway program", function () {
  this.timeout(60_000);
  const folders: string[] = [];
  const children: ChildProcess[] = [];
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
    writeFileSync(keyFile, `${testKey(7).slice(2)}\n`);
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
      key: testKey(7),
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
      FIZZ_GATEWAY_KEY: testKey(0x42),
      FIZZ_GATEWAY_API_HOST: "127.0.0.1",
      FIZZ_GATEWAY_API_PORT: "0",
      FIZZ_GATEWAY_LISTEN: "/ip4/127.0.0.1/tcp/0,/ip4/127.0.0.1/tcp/0/ws",
      FIZZ_GATEWAY_DATA_DIR: dataDir,
    };
  }

  function folder(): string {
    const path = mkdtempSync(join(tmpdir(), "fizz-gateway-test-"));
    folders.push(path);
    return path;
  }

  function run(argv: readonly string[], env: Record<string, string>): ChildProcess {
    const child = spawn(process.execPath, [MAIN, ...argv], { env: { PATH: process.env["PATH"], ...env } });
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
