import { resourcesText } from "@fizz/protocol/manifest";
import { gpuModelOf } from "@fizz/protocol/tiers";
import { expect } from "chai";

const vector = { milliCpu: 1_500, memoryMiB: 2_048, storageGiB: 90, gpuUnits: 0, gpuModel: 0 };

describe("resources in a few words", () => {
  it("name GPUs where there are some, by their model where it is known", () => {
    expect(resourcesText(vector)).to.equal("1.5 CPU, 2048 MiB, 90 GiB disk");
    const t1000 = gpuModelOf(1);
    expect(resourcesText({ ...vector, gpuUnits: 2, gpuModel: 1 })).to.equal(
      `1.5 CPU, 2048 MiB, 90 GiB disk, 2 × ${t1000?.title ?? "?"}`,
    );
    expect(resourcesText({ ...vector, gpuUnits: 1, gpuModel: 0 })).to.match(/, 1 × GPU$/);
  });
});
