import { writeFileSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import { packResources } from "@fizz/protocol/manifest";
import { benchmark } from "../../node-agent/src/commands/benchmark.ts";
import { checkCapacity, checkRegistered } from "../../node-agent/src/commands/check-capacity.ts";
import { capacityClaim } from "../../node-agent/src/commands/claim-capacity.ts";
import { type CommandContext, identityOf } from "../../node-agent/src/commands/context.ts";
import { init } from "../../node-agent/src/commands/init.ts";
import { freshMeasurement, measureMachine } from "../../node-agent/src/commands/measure.ts";
import { capacityLines, measurementLines } from "../../node-agent/src/commands/print-capacity.ts";
import { type Config, loadConfig } from "../../node-agent/src/config.ts";
import { lockDataDir } from "../../node-agent/src/store/data-lock.ts";
import { findMeasurement } from "../../node-agent/src/store/kept-measurement.ts";
import { codeOf } from "../support/code-of.ts";
import { NODE } from "./support/fake-chain.ts";
import { CONTRACTS } from "./support/loopback-gateway.ts";
import { FixedMeter, sampleMeasurement } from "./support/measurements.ts";
import { silentLog as log } from "./support/silent-log.ts";
import { OPERATOR_KEY, StateFolder } from "./support/state.ts";

const identity = identityOf(OPERATOR_KEY);
const DAY_MS = 86_400_000;
const CLAIM = { milliCpu: 4_000, memoryMiB: 4_096, storageGiB: 20, gpuUnits: 0, gpuModel: 0 };
const OFF = { FIZZ_NODE_BENCHMARK_SECONDS: "0" };

describe("the measured capacity of a node", function () {
  this.timeout(60_000);
  let folder: StateFolder;
  beforeEach(async () => {
    folder = await StateFolder.make();
  });
  afterEach(async () => {
    await folder.remove();
  });

  it("is kept where a running agent's state is, and read beside it", async () => {
    expect(findMeasurement(folder.path)).to.equal(undefined);
    const meter = new FixedMeter();
    expect(await measureMachine(contextOf(), identity, meter)).to.equal(meter.found);
    const database = await folder.open();
    expect(findMeasurement(folder.path)).to.deep.equal(meter.found);
    meter.found = sampleMeasurement({ at: 5 });
    await measureMachine(contextOf(), { ...identity, database }, meter);
    expect(findMeasurement(folder.path)).to.deep.equal(meter.found);
    await database.commit([
      { sql: "UPDATE meta SET value = CAST('{}' AS BLOB) WHERE name = ?", values: ["measurement"] },
    ]);
    expect(findMeasurement(folder.path)).to.equal(undefined);
  });

  it("is not made while an agent runs, nor where it is switched off", async () => {
    const meter = new FixedMeter();
    const unlock = lockDataDir(folder.path);
    expect(await codeOf(measureMachine(contextOf(), identity, meter))).to.equal("REQUIREMENT_MISSING");
    unlock();
    expect(await codeOf(measureMachine(contextOf(OFF), identity, meter))).to.equal("CONFIG_INVALID");
    expect(await freshMeasurement(contextOf(OFF), identity, meter)).to.equal(undefined);
    expect(meter.works).to.equal(0);
  });

  it("is made once, and anew when it is old or the machine has changed", async () => {
    const meter = new FixedMeter();
    for (const works of [1, 1]) {
      await freshMeasurement(contextOf(), identity, meter);
      expect(meter.works).to.equal(works);
    }
    meter.found = sampleMeasurement({ cpu: { ...meter.found.cpu, milliCpu: 2_000 } });
    expect(await freshMeasurement(contextOf(), identity, meter)).to.equal(meter.found);
    meter.found = sampleMeasurement({ ...meter.found, at: Date.now() - 31 * DAY_MS });
    await measureMachine(contextOf(), identity, meter);
    await freshMeasurement(contextOf(), identity, meter);
    expect(meter.works).to.equal(4);
  });

  it("forbids a claim above it, but of a swarm and where nothing is measured, and gives the tiers", async () => {
    const meter = new FixedMeter();
    const claim = (resources = CLAIM, env = {}) =>
      capacityClaim(contextOf(env), resources, { keeping: identity, meter });
    await claim().permit();
    const over = { ...CLAIM, milliCpu: 4_001 };
    expect(await codeOf(claim(over).permit())).to.equal("CAPACITY_OVERCLAIMED");
    await claim(over, OFF).permit();
    await claim(over, { FIZZ_NODE_ENGINE: "swarm", FIZZ_NODE_MODE: "provider" }).permit();
    expect(await claim(CLAIM, OFF).tiers()).to.deep.equal({ cpuTier: 0, gpuTier: 0 });
    expect(await claim({ ...CLAIM, gpuUnits: 1, gpuModel: 48 }).tiers()).to.deep.equal({
      cpuTier: 5,
      gpuTier: 5,
    });
  });

  it("is held by doctor against its age, the claim, and the chain", async () => {
    const meter = new FixedMeter();
    const check = async (env = {}, now = Date.now()) => await checkCapacity(configOf(env), meter, now);
    expect((await check()).map(([level]) => level)).to.deep.equal(["warn"]);
    await measureMachine(contextOf(), identity, meter);
    expect((await check())[0]?.join()).to.match(
      /^ok,Measured .*4 CPU, 8192 MiB, 100 GiB disk, CPU 200 %: Medium 1$/,
    );
    expect((await check({}, Date.now() + 31 * DAY_MS))[0]?.join()).to.match(/^warn,.*30 days/);
    const over = { FIZZ_NODE_RESOURCES: "cpu=9,memory=1Gi,storage=1Gi" };
    expect((await check(over)).at(-1)?.join()).to.match(/^fail,.*cpu 9 where 4 were measured$/);
    expect((await check({ ...over, ...OFF })).at(-1)?.[0]).to.equal("warn");
    const registered = async (changes: Partial<typeof NODE>) =>
      (await checkRegistered(configOf(), meter, { ...NODE, ...changes })).map((verdict) => verdict.join());
    expect(await registered({})).to.deep.equal([]);
    const [cpu, gpu] = await registered({ cpuTier: 0, gpuTier: 48 });
    expect(cpu).to.match(/^warn,CPU tier: the chain has not rated, the machine has Medium 1/);
    expect(gpu).to.match(/^warn,GPU tier: the chain has unknown \(48\), the machine has not rated/);
    expect((await registered({ resources: packResources({ ...CLAIM, memoryMiB: 9_000 }) })).join()).to.match(
      /^fail/,
    );
  });

  it("is told to people, with what disturbed it and what was not measured", () => {
    const { cpu, disk } = sampleMeasurement();
    const quiet = measurementLines(sampleMeasurement(), 100).join("\n");
    expect(quiet).to.include("200 % of the reference: Medium 1").and.to.include("Network    not measured");
    expect(quiet).to.not.include("something else ran");
    const measured = sampleMeasurement({
      cpu: { ...cpu, architecture: "arm64", gotMilliCpu: 1_000 },
      disk: { ...disk, speed: null },
      gpus: [{ model: 48, count: 2 }],
    });
    const told = measurementLines(measured, 100).join("\n");
    for (const part of ["they got 1 CPU", "not rated", "too little is free", "2 × rtx4090"])
      expect(told).to.include(part);
    expect(capacityLines(undefined, undefined, 0).join()).to.match(/^Measured {3}never/);
    const registered = capacityLines(sampleMeasurement(), { ...NODE, cpuTier: 3 }, Date.now());
    expect(registered.join("\n")).to.match(/CPU Low 1, GPU not rated on the chain[^]*the chain has Low 1/);
  });

  it("is made by init of the machine itself, and no benchmark runs beside an agent", async () => {
    const password = join(folder.path, "password");
    writeFileSync(password, "a password that is long enough\n", { mode: 0o600 });
    const lines: string[] = [];
    const env = { FIZZ_NODE_BENCHMARK_SECONDS: "1", FIZZ_NODE_PASSWORD_FILE: password };
    const context = { ...contextOf(env), print: (line: string) => lines.push(line) };
    expect(await init(context)).to.equal(0);
    expect(lines.join("\n")).to.match(/Measured {3}\d/);
    expect(findMeasurement(folder.path)?.cpu.together).to.be.greaterThan(0);
    expect(await readdir(folder.path)).to.not.include("benchmark.tmp");
    const unlock = lockDataDir(folder.path);
    expect(await codeOf(benchmark(context, { json: false }))).to.equal("REQUIREMENT_MISSING");
    unlock();
  });

  function contextOf(env: Readonly<Record<string, string>> = {}): CommandContext {
    return { config: configOf(env), log, print: () => undefined, signal: new AbortController().signal };
  }

  function configOf(env: Readonly<Record<string, string>> = {}): Config {
    return loadConfig({
      FIZZ_RPC_URL: "http://127.0.0.1:1",
      FIZZ_CONTRACTS: JSON.stringify(CONTRACTS),
      FIZZ_NODE_DATA_DIR: folder.path,
      FIZZ_NODE_RESOURCES: "cpu=1,memory=512Mi,storage=1Gi",
      ...env,
    });
  }
});
