import { ProtocolError } from "@fizz/protocol/errors";
import { expect } from "chai";
import { tmpdir } from "node:os";
import { checkGpus } from "../../../node-agent/src/commands/check-gpus.ts";
import { type Config, loadConfig } from "../../../node-agent/src/config.ts";
import { type GpuCard } from "../../../node-agent/src/domain/gpu-card.ts";
import { codeOf } from "../../support/code-of.ts";
import { cardsOf } from "../support/gpu-reports.ts";
import { RecordingEngine } from "../support/recording-engine.ts";

const RUNTIME = { Runtimes: { nvidia: {} } };

describe("doctor's look at GPUs", () => {
  let recorder: RecordingEngine;
  beforeEach(async () => {
    recorder = await RecordingEngine.start();
    recorder.info = RUNTIME;
  });
  afterEach(async () => {
    await recorder.stop();
  });

  it("passes a machine that has what is offered", async () => {
    expect(await levels("rtx4090Pair", "gpu=2,gpuModel=rtx4090")).to.deep.equal(["ok", "ok", "ok", "ok"]);
    expect(await levels("rtx4090Pair")).to.deep.equal(["ok", "ok", "ok"]);
    expect(await levels("none")).to.deep.equal([]);
  });

  it("fails one with fewer cards, another model, slices, or no toolkit", async () => {
    expect(await levels("rtx4090Pair", "gpu=3,gpuModel=rtx4090")).to.include("fail");
    expect(await levels("t4", "gpu=1,gpuModel=rtx4090")).to.include("fail");
    expect(await levels("a100PcieMig", "gpu=2,gpuModel=a100-pcie-40g")).to.include("fail");
    recorder.info = { Runtimes: { runc: {} } };
    expect(await levels("rtx4090Pair", "gpu=2,gpuModel=rtx4090")).to.deep.equal(["ok", "ok", "ok", "fail"]);
  });

  it("warns of a model that no table knows, and of more memory than there is", async () => {
    expect(await levels("unknown")).to.deep.equal(["warn", "ok"]);
    const stated = await levels("rtx4090Pair", "gpu=2,gpuModel=rtx4090", { FIZZ_NODE_GPU_MEMORY: "48Gi" });
    expect(stated.at(-1)).to.equal("warn");
  });

  it("asks for a driver only where GPUs are offered", async () => {
    const broken = async (): Promise<never> =>
      await Promise.reject(new ProtocolError("GPU_UNAVAILABLE", "No driver."));
    expect(await checkGpus(config(), { read: broken })).to.deep.equal([]);
    const offering = config("gpu=1,gpuModel=rtx4090");
    expect(await codeOf(checkGpus(offering, { read: broken }))).to.equal("GPU_UNAVAILABLE");
  });

  async function levels(report: Parameters<typeof cardsOf>[0], gpus?: string, more = {}): Promise<string[]> {
    const read = async (): Promise<GpuCard[]> => await Promise.resolve(cardsOf(report));
    return (await checkGpus(config(gpus, more), { read })).map(([level]) => level);
  }

  function config(gpus?: string, more: Readonly<Record<string, string>> = {}): Config {
    const address = `0x${"11".repeat(20)}`;
    const contracts = { nodeRegistry: address, subnetRegistry: address, leaseMarket: address };
    return loadConfig({
      FIZZ_RPC_URL: "http://127.0.0.1:1",
      FIZZ_CONTRACTS: JSON.stringify(contracts),
      FIZZ_NODE_DATA_DIR: tmpdir(),
      FIZZ_NODE_RESOURCES: `cpu=1,memory=1Gi,storage=1Gi${gpus === undefined ? "" : `,${gpus}`}`,
      DOCKER_HOST: recorder.host,
      ...more,
    });
  }
});
