import { expect } from "chai";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadConfig, settings } from "../../node-agent/src/config.ts";
import { helpText } from "../../node-agent/src/help.ts";
import { offeredResources } from "../../node-agent/src/machine.ts";
import { claimedResources } from "../../node-agent/src/share-of-machine.ts";
import { loadPrices } from "../../node-agent/src/pricing/price-list.ts";
import { inRoot } from "../../scripts/lib/paths.ts";
import { codeOf } from "../support/code-of.ts";
import { hashOf } from "./support/builders.ts";
import { CONTRACTS } from "./support/loopback-gateway.ts";

const REQUIRED = { FIZZ_RPC_URL: "http://127.0.0.1:1", FIZZ_CONTRACTS: JSON.stringify(CONTRACTS) };
const fails = async (task: () => unknown) => await codeOf(Promise.resolve().then(task));

describe("settings of a node", () => {
  it("has every variable in the help, and nothing else", () => {
    const known = Object.keys(loadConfig(REQUIRED));
    const optional = [
      "FIZZ_NODE_GATEWAY",
      "FIZZ_NODE_KEY_FILE",
      "FIZZ_NODE_PASSWORD_FILE",
      "FIZZ_NODE_OWNER_KEYSTORE",
      "FIZZ_NODE_OWNER_PASSWORD_FILE",
      "FIZZ_NODE_RESOURCES",
      "FIZZ_NODE_PRICES",
      "FIZZ_NODE_PRICE_SCRIPT",
      "FIZZ_NODE_GPU_MEMORY",
      "FIZZ_NODE_GPU_INTERFACE",
      "FIZZ_NODE_SANDBOX_IMAGE",
      "FIZZ_NODE_REACH",
      "FIZZ_NODE_CONTAINER",
      "FIZZ_NODE_ENGINE_FOLDER",
      ...["CPU", "MEMORY", "DISK", "GPU"].map((what) => `FIZZ_NODE_SHARE_${what}`),
    ];
    const listed = settings.map(([name]) => name);
    expect([...listed].sort()).to.deep.equal([...new Set([...known, ...optional])].sort());
    for (const name of listed) expect(helpText()).to.include(name);
  });

  it("states the defaults that hold", () => {
    const config: Record<string, unknown> = loadConfig(REQUIRED);
    for (const [name, standard] of settings) {
      if (typeof config[name] === "number") expect(String(config[name]), name).to.equal(standard);
      if (typeof config[name] === "boolean") expect(standard, name).to.equal("0");
    }
  });

  it("lists every problem at once", () => {
    const wrong = {
      FIZZ_RPC_URL: "nowhere",
      FIZZ_CONTRACTS: "{}",
      FIZZ_CONFIRMATIONS: "-1",
      FIZZ_NODE_MODE: "both",
    };
    expect(() => loadConfig(wrong)).to.throw(
      /FIZZ_RPC_URL[\s\S]*FIZZ_CONTRACTS[\s\S]*FIZZ_NODE_MODE[\s\S]*FIZZ_CONFIRMATIONS/,
    );
  });

  it("takes contracts from a file, also below a key, and empty variables for none", () => {
    const dir = mkdtempSync(join(tmpdir(), "fizz-config-"));
    const path = join(dir, "network.json");
    writeFileSync(path, JSON.stringify({ contracts: CONTRACTS, more: 1 }));
    expect(
      loadConfig({ ...REQUIRED, FIZZ_CONTRACTS: path, FIZZ_NODE_GATEWAY: "" }).FIZZ_CONTRACTS,
    ).to.deep.equal(CONTRACTS);
    rmSync(dir, { recursive: true });
  });

  it("reads what is offered, and measures half of the machine otherwise", async () => {
    expect(offeredResources("cpu=1.5,memory=4Gi,storage=20Gi", ".")).to.deep.equal({
      milliCpu: 1_500,
      memoryMiB: 4_096,
      storageGiB: 20,
      gpuUnits: 0,
      gpuModel: 0,
    });
    expect(
      offeredResources("cpu=1,memory=512Mi,storage=1Ti,gpu=2,gpuModel=rtx4090", ".").gpuModel,
    ).to.be.greaterThan(0);
    expect(offeredResources(undefined, ".").milliCpu).to.be.at.least(1_000);
    for (const text of [
      "cpu=2",
      "cpu=two,memory=1Gi,storage=1Gi",
      "cpu=1,cpu=2,memory=1Gi,storage=1Gi",
      "cpu=1,memory=1Gi,storage=1Gi,gpu=1",
    ])
      expect(await fails(() => offeredResources(text, ".")), text).to.equal("CONFIG_INVALID");
  });

  it("refuses to claim more than the owner lends, with the figures, and keeps half of the machine within it", async () => {
    const share = { FIZZ_NODE_DATA_DIR: ".", FIZZ_NODE_SHARE_CPU: "0.5", FIZZ_NODE_SHARE_MEMORY: "512Mi" };
    const claim = { ...REQUIRED, ...share, FIZZ_NODE_RESOURCES: "cpu=2,memory=512Mi,storage=1Gi" };
    expect(() => claimedResources(loadConfig(claim))).to.throw("cpu 2 is more than the share of 0.5.");
    expect(await fails(() => claimedResources(loadConfig(claim)))).to.equal("CONFIG_INVALID");
    const { milliCpu, memoryMiB } = claimedResources(loadConfig({ ...REQUIRED, ...share }));
    expect([milliCpu, memoryMiB]).to.deep.equal([500, 512]);
    expect(await fails(() => loadConfig({ ...REQUIRED, FIZZ_NODE_SHARE_DISK: "101%" }))).to.equal(
      "CONFIG_INVALID",
    );
  });

  it("reads a price list in decimal tokens per hour", async () => {
    const list = {
      decimals: 6,
      cpu: "0.25",
      memoryGiB: "0.1",
      storageGiB: "0.000001",
      gpu: { "RTX 4090": "2" },
    };
    const { prices, tokenDecimals } = loadPrices(JSON.stringify(list));
    expect(tokenDecimals).to.equal(6);
    expect(prices).to.deep.include({
      cpuPerHour: 250_000n,
      memoryGiBPerHour: 100_000n,
      storageGiBPerHour: 1n,
      gpuPerHour: { rtx4090: 2_000_000n },
    });
    expect(loadPrices(undefined).prices.cpuPerHour > 0n).to.equal(true);
    for (const text of [
      "{",
      '{"cpu":1}',
      JSON.stringify({ ...list, gpu: { nonsense: "1" } }),
      "/no/such/file",
    ])
      expect(await fails(() => loadPrices(text)), text).to.equal("CONFIG_INVALID");
  });

  it("shows help, refuses an unknown command with 2, and wrong settings with 2", () => {
    const run = (args: string[], env: NodeJS.ProcessEnv = {}) =>
      spawnSync(process.execPath, [inRoot("node-agent/src/main.ts"), ...args], {
        env: { PATH: process.env["PATH"], ...env },
        encoding: "utf8",
      });
    const help = run(["--help"]);
    expect([help.status, help.stdout.includes("FIZZ_NODE_GATEWAY")]).to.deep.equal([0, true]);
    expect(run(["dance"]).status).to.equal(2);
    const unset = run(["start"]);
    expect(unset.status).to.equal(2);
    expect(unset.stderr).to.include("FIZZ_RPC_URL");
  });

  it("refuses keys of operator and owner in the environment, and does not repeat them", () => {
    const key = hashOf("key");
    for (const name of ["FIZZ_NODE_KEY", "FIZZ_NODE_OWNER_KEY"])
      expect(() => loadConfig({ ...REQUIRED, [name]: key }))
        .to.throw(`${name} is not read`)
        .and.have.property("message")
        .that.does.not.include(key.slice(2));
  });
});
