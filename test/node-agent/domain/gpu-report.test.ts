import { expect } from "chai";
import {
  factsOf,
  formOf,
  leasableCards,
  soldMemory,
  withCards,
} from "../../../node-agent/src/domain/gpu-card.ts";
import { MAX_CARDS, parseGpuReport } from "../../../node-agent/src/domain/gpu-report.ts";
import { machine } from "../../support/machine.ts";
import { cardsOf, reports, uuidOf } from "../support/gpu-reports.ts";

const codeOfReport = (text: string): unknown => {
  try {
    return parseGpuReport(text).length;
  } catch (error) {
    return (error as { code: unknown }).code;
  }
};

describe("parseGpuReport", () => {
  it("reads every column of a card", () => {
    const [card] = cardsOf("h100Sxm");
    expect(card).to.deep.include({
      ...{ index: 0, uuid: uuidOf("a"), name: "NVIDIA H100 80GB HBM3", memoryMiB: 81_559, form: "sxm" },
      ...{ driver: "535.161.08", busId: "00000000:18:00.0", isSliced: false },
      ...{ computeCapability: "9.0", hasEcc: true },
    });
    expect(card?.model?.model).to.equal("h100");
  });

  it("reads cards of several machines: their models, their forms, and what they do not have", () => {
    const told = (["a100PcieMig", "rtx4090Pair", "t4", "gtx1080", "unknown"] as const).flatMap((name) =>
      cardsOf(name).map(({ model, form, isSliced, hasEcc }) => [model?.model, form, isSliced, hasEcc]),
    );
    expect(told).to.deep.equal([
      ["a100-pcie-40g", "pcie", true, true],
      ["a100-pcie-40g", "pcie", false, true],
      ["rtx4090", "pcie", false, false],
      ["rtx4090", "pcie", false, false],
      ["t4", "pcie", false, true],
      ["gtx1080", "pcie", false, null],
      [undefined, undefined, false, true],
    ]);
  });

  it("reads a machine without cards, and refuses what is no report", () => {
    expect(parseGpuReport(reports.none)).to.deep.equal([]);
    const [good = ""] = reports.rtx4090Pair.split("\n");
    const lines: Record<string, string> = {
      "the driver's failure": reports.noDriver,
      "a lost card": reports.lostCard,
      "a missing column": good.split(", ").slice(0, -1).join(", "),
      "a column more": `${good}, 1`,
      "a unit": good.replace("24564", "24564 MiB"),
      "a decimal comma": good.replace("24564", "24,5"),
      "a memory of nothing": good.replace("24564", "0"),
      "a word for an index": good.replace("0,", "zero,"),
      "a UUID that is none": good.replace(uuidOf("1"), "GPU-1"),
      "a slice's UUID": good.replace("GPU-", "MIG-"),
      "a mode that is none": good.replace("[N/A]", "Maybe"),
      "a bus that is none": good.replace("00000000:01:00.0", "1"),
      "a card twice": `${good}\n${good}`,
      "an index twice": `${good}\n${good.replace(uuidOf("1"), uuidOf("2"))}`,
      "too many cards": Array.from({ length: MAX_CARDS + 1 }, () => good).join("\n"),
    };
    for (const [what, text] of Object.entries(lines))
      expect([what, codeOfReport(text)]).to.deep.equal([what, "GPU_UNREADABLE"]);
  });
});

describe("GPU cards", () => {
  it("have the form that their name tells, or the only one that the model has", () => {
    const forms: readonly (readonly [string, string | undefined, string | undefined])[] = [
      ["NVIDIA A100-SXM4-80GB", "a100-80g", "sxm"],
      ["NVIDIA A100 80GB PCIe", "a100-80g", "pcie"],
      ["NVIDIA H100 PCIe", "h100", "pcie"],
      ["NVIDIA H100 NVL", "h100", "pcie"],
      ["NVIDIA H200", "h200", "sxm"],
      ["NVIDIA H200 NVL", "h200", "pcie"],
      ["NVIDIA L40S", "l40s", "pcie"],
      ["NVIDIA GH200 480GB", "gh200", undefined],
      ["NVIDIA Something", undefined, undefined],
    ];
    for (const [name, model, form] of forms) expect([name, formOf(name, model)]).to.deep.equal([name, form]);
  });

  it("have the memory that is sold, never more", () => {
    const sizes = [81_559, 24_564, 15_360, 46_068, 143_771, 11_178, 8_119, 97_887, 183_359, 40_960, 95_830];
    const sold = [80, 24, 16, 48, 141, 11, 8, 96, 180, 40, 94];
    expect(sizes.map((size) => soldMemory(size) / 1_024)).to.deep.equal(sold);
    expect(soldMemory(7_000)).to.equal(6 * 1_024);
  });

  it("are leased whole, as the model that the node registered", () => {
    const indices = (name: "a100PcieMig" | "rtx4090Pair", model: number): number[] =>
      leasableCards(cardsOf(name), model).map(({ index }) => index);
    expect(indices("a100PcieMig", 66)).to.deep.equal([1]);
    expect(indices("rtx4090Pair", 66)).to.deep.equal([]);
    expect(indices("rtx4090Pair", 48)).to.deep.equal([0, 1]);
  });

  it("tell the machine's GPU memory, of which the owner may state less", () => {
    const facts = factsOf(cardsOf("rtx4090Pair"));
    expect(withCards(machine(), facts)).to.deep.include({ gpuMemoryMiB: 24_576, gpuInterface: "pcie" });
    const memoryOf = (stated: number): number | null =>
      withCards({ ...machine(), gpuMemoryMiB: stated }, facts).gpuMemoryMiB;
    expect(memoryOf(16_384)).to.equal(16_384);
    expect(memoryOf(49_152)).to.equal(24_576);
    expect(withCards(machine(), factsOf([]))).to.deep.equal(machine());
  });
});
