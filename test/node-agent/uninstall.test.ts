import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { type Hex } from "viem";
import { requireIdentity } from "../../node-agent/src/commands/context.ts";
import { init } from "../../node-agent/src/commands/init.ts";
import { marked } from "../../node-agent/src/commands/owned-file.ts";
import { uninstall, type UninstallOptions } from "../../node-agent/src/commands/uninstall.ts";
import { loadConfig } from "../../node-agent/src/config.ts";
import { deployLocal } from "../../scripts/deploy-local.ts";
import { Cleanup } from "../../scripts/lib/cleanup.ts";
import { devAccount } from "../../scripts/lib/dev-accounts.ts";
import { type Engine } from "../../scripts/lib/docker/find-engine.ts";
import { HELLO_IMAGE } from "../../scripts/lib/hello-image.ts";
import { startAnvil } from "../../scripts/lib/start-anvil.ts";
import { requireDocker } from "../compliance/engine-docker.ts";
import { codeOf } from "../support/code-of.ts";
import { lockDataDir } from "../../node-agent/src/store/data-lock.ts";
import { hashOf } from "./support/builders.ts";
import { silentLog } from "./support/silent-log.ts";

const never = new AbortController().signal;
const NO_ENGINE = "unix:///nowhere/docker.sock";
const KEEP = { dryRun: false, deleteData: false };

describe("fizz node uninstall", function () {
  this.timeout(120_000);
  const cleanup = new Cleanup();
  const folders: string[] = [];
  let chain: Readonly<Record<"FIZZ_RPC_URL" | "FIZZ_CONTRACTS", string>>;
  before(async () => {
    const anvil = cleanup.use("chain", await startAnvil({ blockTime: 0 }));
    const key = devAccount("deployer").privateKey;
    const contracts = await deployLocal({ rpcUrl: anvil.rpcUrl, privateKey: key });
    chain = { FIZZ_RPC_URL: anvil.rpcUrl, FIZZ_CONTRACTS: JSON.stringify(contracts) };
  });
  after(async () => {
    await cleanup.stop();
    for (const folder of folders) rmSync(folder, { recursive: true });
  });

  it("changes nothing while engine or chain do not answer, or an agent has the folder", async () => {
    const { run, dataDir, unit } = await setup(NO_ENGINE);
    const all = { dryRun: false, deleteData: true, files: [unit] };
    expect(await codeOf(run(all))).to.equal("ENGINE_UNREACHABLE");
    const unlock = lockDataDir(dataDir);
    expect(await codeOf(run(all))).to.equal("REQUIREMENT_MISSING");
    unlock();
    expect(existsSync(unit)).to.equal(true);
    expect(readdirSync(dataDir)).to.include("operator.key");
  });

  it("removes what has its label, the files of install, and with --delete-data its own data; nothing of others", async function () {
    const engine = await requireDocker(this);
    const { run, dataDir, unit, edited, node } = await setup(engine.host);
    const [own, other] = [`${node}-own`, `${node}-other`];
    const mine = await make(engine, own, { "fizz.node": node });
    const theirs = await make(engine, other, { "fizz.node": `${node}0` });
    const files = [unit, edited];
    try {
      const plan = (await run({ dryRun: true, deleteData: true, files })).join("\n");
      for (const line of [`the container ${own}`, `the network ${own}`, `the volume ${own}`, unit])
        expect(plan).to.include(`Would remove ${line}`);
      expect(plan).to.include("Node       not registered");
      expect(plan).to.not.include(other);
      expect(await mine.left()).to.equal(3);
      const away = { ...chain, FIZZ_RPC_URL: "http://127.0.0.1:9" };
      expect(await codeOf(run({ dryRun: false, deleteData: true, files }, away))).to.equal(
        "CHAIN_UNREACHABLE",
      );
      expect(await mine.left()).to.equal(3);
      await run({ ...KEEP, files });
      expect([await mine.left(), await theirs.left()]).to.deep.equal([0, 3]);
      expect([existsSync(unit), existsSync(edited)]).to.deep.equal([false, true]);
      expect(readdirSync(dataDir)).to.include("operator.key").and.to.include("mine.txt");
      await run({ dryRun: false, deleteData: true, files });
      expect(readdirSync(dataDir)).to.deep.equal(["mine.txt"]);
    } finally {
      await mine.remove();
      await theirs.remove();
    }
  });

  it("leaves all of it when something belongs to a lease that the chain does not know", async function () {
    const engine = await requireDocker(this);
    const { run, node } = await setup(engine.host);
    const labels = { "fizz.node": node, "fizz.lease": hashOf("lease"), "fizz.lid": "3" };
    const mine = await make(engine, `${node}-lease`, labels);
    try {
      expect(await codeOf(run(KEEP))).to.equal("NODE_IN_USE");
      expect(await mine.left()).to.equal(3);
    } finally {
      await mine.remove();
    }
  });

  async function make({ client }: Engine, name: string, labels: Readonly<Record<string, string>>) {
    await client.createContainer({ Image: HELLO_IMAGE, name, Labels: labels });
    await client.createNetwork({ Name: name, Labels: labels });
    await client.createVolume({ Name: name, Labels: labels });
    const parts = [client.getContainer(name), client.getNetwork(name), client.getVolume(name)];
    const isThere = async (part: (typeof parts)[number]) => await part.inspect().then(Boolean, () => false);
    return {
      left: async () => (await Promise.all(parts.map(isThere))).filter(Boolean).length,
      remove: async () => {
        for (const part of parts) if (await isThere(part)) await part.remove();
      },
    };
  }

  async function setup(engine: string) {
    const folder = mkdtempSync(join(tmpdir(), "fizz-uninstall-"));
    folders.push(folder);
    const [dataDir, password, unit, edited] = ["data", "password", "unit", "edited"].map((name) =>
      join(folder, name),
    ) as [string, string, string, string];
    writeFileSync(password, "a password that is long enough\n", { mode: 0o600 });
    writeFileSync(unit, marked("[Unit]\n"));
    writeFileSync(edited, `${marked("[Unit]\n")}# mine\n`);
    const configOf = (network: typeof chain) =>
      loadConfig({
        ...network,
        ...{
          FIZZ_NODE_BENCHMARK_SECONDS: "0",
          FIZZ_NODE_DATA_DIR: dataDir,
          FIZZ_NODE_PASSWORD_FILE: password,
          DOCKER_HOST: engine,
        },
      });
    const run = async (options: UninstallOptions, network = chain): Promise<string[]> => {
      const lines: string[] = [];
      const print = (line: string) => lines.push(line);
      const context = { config: configOf(network), log: silentLog, print, signal: never };
      await uninstall(context, { files: [], ...options });
      return lines;
    };
    const print = (): void => undefined;
    await init({ config: configOf(chain), log: silentLog, print, signal: never });
    writeFileSync(join(dataDir, "mine.txt"), "");
    const node: Hex = (await requireIdentity({ config: configOf(chain) })).operator;
    return { run, dataDir, unit, edited, node };
  }
});
