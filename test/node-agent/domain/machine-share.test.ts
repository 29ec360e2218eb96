import { expect } from "chai";
import { aboveShare, parseShare, withinShare } from "../../../node-agent/src/domain/machine-share.ts";
import { codeOf } from "../../support/code-of.ts";

const REGISTERED = { milliCpu: 6_000, memoryMiB: 16_384, storageGiB: 100, gpuUnits: 3, gpuModel: 69 };
const MACHINE = { milliCpu: 8_000, memoryMiB: 32_768, storageGiB: 1_000 };
const NONE = { cpu: undefined, memory: undefined, disk: undefined, gpu: undefined };

describe("the share of a machine", () => {
  it("is a percentage or a figure, and nothing else", async () => {
    expect(parseShare("cpu", "80%")).to.deep.equal({ percent: 80 });
    expect(parseShare("cpu", "1.5")).to.deep.equal({ units: 1_500 });
    expect(parseShare("memory", "24Gi")).to.deep.equal({ units: 24_576 });
    expect(parseShare("disk", "2Ti")).to.deep.equal({ units: 2_048 });
    expect(parseShare("gpu", "1")).to.deep.equal({ units: 1 });
    for (const [kind, text] of [
      ...(["", "101%", "-1", "1e3", "80 %", "6Gi", "1.2345"] as const).map((text) => ["cpu", text] as const),
      ...(["24", "1.5Gi", "24GB"] as const).map((text) => ["memory", text] as const),
      ["gpu", "0.5"] as const,
    ])
      expect(await codeOf(Promise.resolve().then(() => parseShare(kind, text))), text).to.equal(
        "CONFIG_INVALID",
      );
  });

  it("leaves what is registered as it is, unless it is less", () => {
    expect(withinShare(REGISTERED, NONE, MACHINE)).to.deep.equal(REGISTERED);
    const full = { percent: 100 };
    const all = { cpu: full, memory: full, disk: full, gpu: full };
    expect(withinShare(REGISTERED, all, MACHINE)).to.deep.equal(REGISTERED);
    const share = {
      cpu: { percent: 50 },
      memory: { units: 1_000 },
      disk: { percent: 5 },
      gpu: { percent: 50 },
    };
    expect(withinShare(REGISTERED, share, MACHINE)).to.deep.equal({
      ...{ milliCpu: 4_000, memoryMiB: 1_000, storageGiB: 50, gpuUnits: 1, gpuModel: 69 },
    });
  });

  it("tells each figure of a claim that is above", () => {
    expect(aboveShare(REGISTERED, REGISTERED)).to.deep.equal([]);
    expect(aboveShare(REGISTERED, { ...REGISTERED, milliCpu: 2_500, storageGiB: 99 })).to.deep.equal([
      "cpu 6 is more than the share of 2.5",
      "storage 100Gi is more than the share of 99Gi",
    ]);
  });
});
