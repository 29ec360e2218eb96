import { TrafficCollector } from "@fizz/protocol/node";
import { expect } from "chai";

const MIB = 1024 * 1024;

describe("TrafficCollector", () => {
  it("collects once for so many bytes, and never when it is switched off", () => {
    for (const [everyMib, expected] of [
      [16, 5],
      [40, 2],
      [0, 0],
    ] as const) {
      let collections = 0;
      const collector = new TrafficCollector(everyMib, () => (collections += 1));
      for (let sent = 0; sent < 80; sent += 1) collector.count(MIB);
      expect(collections, `every ${everyMib} MiB`).to.equal(expected);
    }
  });

  it("frees buffers outside the heap by itself", () => {
    const collector = new TrafficCollector(1);
    const before = process.memoryUsage().arrayBuffers;
    for (let round = 0; round < 500; round += 1) collector.count(Buffer.alloc(MIB).length);
    expect(process.memoryUsage().arrayBuffers - before).to.be.below(100 * MIB);
  });
});
