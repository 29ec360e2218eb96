import {
  cpuClassOf,
  cpuScoreOf,
  findGpuModel,
  gpuModels,
  gpuTierOf,
  measuredCpuTier,
  performanceTiers,
  REFERENCE_LABELS_PER_SECOND,
} from "@fizz/protocol/tiers";
import { expect } from "chai";

const EPYC = { cpuModel: "AMD EPYC 7B13", architecture: "x64" };
const M1 = { cpuModel: "Apple M1", architecture: "arm64" };

describe("the class of a CPU", () => {
  it("is the named one of Apple's chips, General Purpose for every other x64, and none for other arm64", () => {
    expect(cpuClassOf(EPYC)?.id).to.equal("gp");
    expect(cpuClassOf({ cpuModel: "unknown", architecture: "x64" })?.id).to.equal("gp");
    expect(cpuClassOf(M1)?.id).to.equal("m1");
    expect(cpuClassOf({ cpuModel: "Apple M4 Max", architecture: "arm64" })?.id).to.equal("m4-max");
    for (const cpuModel of ["Neoverse-N1", "gp", "unknown", ""])
      expect(cpuClassOf({ cpuModel, architecture: "arm64" }), cpuModel).to.equal(undefined);
  });
});

describe("the measured tier of a CPU", () => {
  it("is that of its class from the reference on, however fast it is", () => {
    expect(cpuScoreOf(REFERENCE_LABELS_PER_SECOND)).to.equal(100);
    for (const score of [100, 290, 5_000]) expect(measuredCpuTier(EPYC, score)?.id).to.equal("medium-1");
    for (const score of [50, 1_000]) expect(measuredCpuTier(M1, score)?.id).to.equal("low-1");
  });

  it("is below it for a slower one: the last whose multiplier the score reaches, and Entry 1 at least", () => {
    const expected = { 99: "low-2", 75: "low-2", 74: "low-1", 50: "low-1", 49: "entry-2", 25: "entry-2" };
    for (const [score, id] of Object.entries(expected))
      expect(measuredCpuTier(EPYC, Number(score))?.id, score).to.equal(id);
    for (const score of [24, 10, 9, 0, Number.NaN])
      expect(measuredCpuTier(EPYC, score)?.id, String(score)).to.equal("entry-1");
    expect(cpuScoreOf(REFERENCE_LABELS_PER_SECOND - 1)).to.equal(99);
  });

  it("is none where the table has no class", () => {
    expect(measuredCpuTier({ cpuModel: "Cortex-A72", architecture: "arm64" }, 1_000)).to.equal(undefined);
  });
});

describe("the tier of a GPU", () => {
  it("is the model's in the mode of its node, and an index of the tiers, not of the models", () => {
    const rtx5090 = findGpuModel("rtx5090")?.index ?? 0;
    expect(gpuTierOf(rtx5090, "fizz")?.id).to.equal("medium-1");
    expect(gpuTierOf(rtx5090, "provider")?.id).to.equal("medium-2");
    for (const { index, fizzTier, providerTier } of gpuModels) {
      expect(gpuTierOf(index, "fizz")?.id ?? null).to.equal(fizzTier);
      expect(gpuTierOf(index, "provider")?.id ?? null).to.equal(providerTier);
      expect(gpuTierOf(index, "fizz")?.index ?? 0).to.be.at.most(performanceTiers.length);
    }
  });

  it("is none without a GPU, or of a model that only the other mode rewards", () => {
    expect(gpuTierOf(0, "fizz")).to.equal(undefined);
    expect(gpuTierOf(findGpuModel("a30")?.index ?? 0, "fizz")).to.equal(undefined);
    expect(gpuTierOf(999, "provider")).to.equal(undefined);
  });
});
