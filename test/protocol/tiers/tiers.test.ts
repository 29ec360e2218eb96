import {
  bandwidthLabel,
  basePoints,
  cpuClasses,
  findCpuClass,
  findGpuModel,
  findPerformanceTier,
  gpuFamily,
  gpuModelOf,
  gpuModels,
  performanceTierOf,
  performanceTiers,
  tierSelectors,
  tiersOfSelector,
  trustTiers,
} from "@fizz/protocol/tiers";
import { expect } from "chai";

describe("GPU table", () => {
  it("numbers every model once, from 1, without a gap", () => {
    expect(gpuModels.map((entry) => entry.index)).to.deep.equal(gpuModels.map((_, position) => position + 1));
    expect(new Set(gpuModels.map((entry) => entry.model)).size).to.equal(gpuModels.length);
    expect(gpuModelOf(0)).to.equal(undefined);
  });

  it("keeps the numbers that leases on chain hold", () => {
    const fixed = { t1000: 1, rtx3080: 34, rtx4090: 48, "a100-80g": 68, h100: 69, b200: 76 };
    for (const [model, index] of Object.entries(fixed))
      expect(gpuModelOf(index)?.model, model).to.equal(model);
  });

  it("finds every model by its short name, by what nvidia-smi prints, and in other spellings", () => {
    for (const entry of gpuModels) {
      for (const name of [
        entry.model,
        entry.title,
        entry.title.toUpperCase(),
        entry.model.replaceAll("-", "_"),
      ])
        expect(findGpuModel(name)?.model, name).to.equal(entry.model);
      if (entry.title.startsWith("NVIDIA "))
        expect(findGpuModel(entry.title.slice(7))?.model, entry.title).to.equal(entry.model);
    }
  });

  it("finds what nvidia-smi prints for other forms of a card", () => {
    const printed = {
      "NVIDIA GeForce RTX 4090 Laptop GPU": "rtx4090",
      "NVIDIA A100-SXM4-80GB": "a100-80g",
      "NVIDIA A100-PCIE-40GB": "a100-pcie-40g",
      "NVIDIA H100 PCIe": "h100",
      "NVIDIA H100 NVL": "h100",
      "Tesla V100-PCIE-32GB": "v100",
      "Tesla V100-SXM2-16GB": "v100",
      "NVIDIA L40S": "l40s",
      "NVIDIA T4": "t4",
      "rtx 4070 ti super": "rtx4070tisuper",
    };
    for (const [name, model] of Object.entries(printed))
      expect(findGpuModel(name)?.model, name).to.equal(model);
  });

  it("does not guess", () => {
    for (const name of ["", "rtx", "4090", "rtx4091", "A100", "NVIDIA", "__proto__", "constructor"])
      expect(findGpuModel(name)?.model, name).to.equal(undefined);
  });

  it("narrows a family by memory and interface", () => {
    const names = (wanted: Parameters<typeof gpuFamily>[1]) =>
      gpuFamily("A100", wanted).map((entry) => entry.model);
    expect(names({})).to.deep.equal(["a100-pcie-40g", "a100-sxm-40g", "a100-80g"]);
    expect(names({ ramGiB: 80 })).to.deep.equal(["a100-80g"]);
    expect(names({ interface: "sxm" })).to.deep.equal(["a100-sxm-40g", "a100-80g"]);
    expect(gpuFamily("constructor")).to.deep.equal([]);
  });

  it("rewards the same card by mode", () => {
    expect(findGpuModel("rtx5090")).to.include({ fizzTier: "medium-1", providerTier: "medium-2" });
    expect(findGpuModel("b200")).to.include({ fizzTier: null, providerTier: "ultra-high-3" });
  });
});

describe("performance tiers", () => {
  it("rise with their index", () => {
    const multipliers = performanceTiers.map((tier) => tier.multiplierPercent);
    expect(multipliers).to.deep.equal([10, 25, 50, 75, 100, 150, 200, 300, 600, 1_200, 1_500]);
    expect(performanceTiers.map((tier) => tier.index)).to.deep.equal([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
  });

  it("are found by id and by index", () => {
    for (const tier of performanceTiers) {
      expect(findPerformanceTier(tier.id)).to.equal(tier);
      expect(performanceTierOf(tier.index)).to.equal(tier);
    }
    expect(performanceTierOf(0)).to.equal(undefined);
  });

  it("give an rtx4090 of a Fizz node 500 points per era", () => {
    const tier = findPerformanceTier(findGpuModel("rtx4090")?.fizzTier ?? "");
    expect((basePoints.fizz.gpu * (tier?.multiplierPercent ?? 0)) / 100 / 100).to.equal(500);
  });
});

describe("CPU classes", () => {
  it("are found in both spellings and as macOS prints them", () => {
    for (const entry of cpuClasses) {
      expect(findCpuClass(entry.id)).to.equal(entry);
      expect(findCpuClass(entry.id.replace("-", ""))).to.equal(entry);
      if (entry.architecture === "arm64") expect(findCpuClass(entry.title)).to.equal(entry);
    }
    expect(findCpuClass("m9")).to.equal(undefined);
    expect(findCpuClass("M3 Pro")).to.include({ id: "m3-pro", tier: "low-2", multiplierPercent: 50 });
  });
});

describe("trust tiers", () => {
  it("are chosen by group or one by one", () => {
    expect(tiersOfSelector("secured")).to.deep.equal([1, 2, 3]);
    expect(tiersOfSelector("community")).to.deep.equal([4, 5, 6, 7]);
    for (const { tier, selector } of trustTiers) expect(tiersOfSelector(selector)).to.deep.equal([tier]);
    for (const wrong of ["secured1", "", "constructor"]) expect(tiersOfSelector(wrong)).to.equal(undefined);
    expect(tierSelectors).to.have.length(9);
  });
});

describe("bandwidth labels", () => {
  it("change at the published bounds", () => {
    const expected: readonly (readonly [number, string])[] = [
      [0, "10mbps"],
      [49.9, "10mbps"],
      [50, "50mbps"],
      [999, "500mbps"],
      [1_000, "1gbps"],
      [4_999, "1gbps"],
      [5_000, "5gbps"],
      [10_000, "10gbps"],
      [Number.NaN, "NA"],
    ];
    for (const [mbps, label] of expected) expect(bandwidthLabel(mbps), String(mbps)).to.equal(label);
  });
});
