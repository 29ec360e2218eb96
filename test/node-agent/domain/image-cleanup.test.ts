import { expect } from "chai";
import { isNearlyFull, missingBytes } from "../../../node-agent/src/domain/disk-room.ts";
import { type ImageUse, imagesToRemove } from "../../../node-agent/src/domain/image-cleanup.ts";

const NOW = 100_000_000_000;
const HOUR = 3_600_000;
const rule = { maxAgeMs: 10 * HOUR, maxBytes: 100n };
/** a was used longest ago; each has 30 bytes. */
const images = ["a", "b", "c"].map((name, at) => image(name, (3 - at) * HOUR));
const sizes = new Map(["a", "b", "c"].map((name) => [`${name}@1`, 30]));

function image(name: string, unusedMs: number, tag = name) {
  return { name: tag, reference: `${name}@1`, isPublic: true, usedAt: NOW - unusedMs };
}

describe("imagesToRemove", () => {
  const rows: readonly [
    string,
    Partial<ImageUse> & { images?: typeof images },
    Partial<typeof rule>,
    string[],
  ][] = [
    ["leaves all that fit and are young", {}, {}, []],
    ["takes what is older than the owner wants", {}, { maxAgeMs: 2 * HOUR }, ["a@1 age"]],
    ["takes the oldest until the rest fits", {}, { maxBytes: 59n }, ["a@1 space", "b@1 space"]],
    ["takes as many as the disk needs", { shortBytes: 31n }, {}, ["a@1 disk", "b@1 disk"]],
    [
      "takes none that a lease is pinned to, however old",
      { pinned: new Set(["a@1"]), shortBytes: 1_000n },
      { maxAgeMs: 0, maxBytes: 0n },
      ["b@1 age", "c@1 age"],
    ],
    [
      "counts what leases need as space",
      { pinned: new Set(["b@1", "c@1"]) },
      { maxBytes: 60n },
      ["a@1 space"],
    ],
    [
      "takes the newest use of several names",
      { images: [...images, image("a", 1, "latest")] },
      { maxAgeMs: 90 * 60_000 },
      ["b@1 age"],
    ],
    [
      "leaves a record without an image for a day: it may be on its way",
      { sizes: new Map() },
      { maxAgeMs: 0 },
      [],
    ],
    [
      "forgets what the owner removed",
      { sizes: new Map(), now: NOW + 24 * HOUR },
      {},
      ["a@1 gone", "b@1 gone", "c@1 gone"],
    ],
    [
      "has nothing to take where nothing was pulled",
      { images: [], shortBytes: 1_000n },
      { maxBytes: 0n },
      [],
    ],
  ];
  for (const [title, { images: given = images, ...use }, changes, removed] of rows)
    it(title, () => {
      const all = { sizes, pinned: new Set<string>(), now: NOW, shortBytes: 0n, ...use };
      const found = imagesToRemove(given, all, { ...rule, ...changes });
      expect(found.map(({ reference, why }) => `${reference} ${why}`)).to.deep.equal(removed);
    });
});

describe("room on a disk", () => {
  it("is missing below the reserve, and then twice the reserve is to become free", () => {
    const disk = { reserveBytes: 100n };
    expect([99n, 100n].map((freeBytes) => isNearlyFull({ freeBytes }, disk))).to.deep.equal([true, false]);
    expect([40n, 100n].map((freeBytes) => missingBytes({ freeBytes }, disk))).to.deep.equal([160n, 0n]);
  });
});
