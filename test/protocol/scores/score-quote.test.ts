import { packResources } from "@fizz/protocol/manifest";
import {
  compareRanked,
  findShortages,
  isRefusalCode,
  LATENCY_LIMIT_MS,
  leastFree,
  type QuoteScoreInput,
  refusalCodes,
  scoreQuote,
  scoreWeights,
  tieBreakOf,
} from "@fizz/protocol/scores";
import { expect } from "chai";
import fc from "fast-check";
import { type Hex } from "viem";

const total = { milliCpu: 8_000, memoryMiB: 16_384, storageGiB: 100, gpuUnits: 0, gpuModel: 0 };
const base: QuoteScoreInput = {
  ratePerSecond: 500n,
  ceilingPerSecond: 1_000n,
  wanted: { milliCpu: 2_000, memoryMiB: 1_024, storageGiB: 10, gpuUnits: 0, gpuModel: 0 },
  free: total,
  total,
  uptimeBps: 9_900,
  latencyMs: 50,
  tier: 5,
};
const points = (input: Partial<QuoteScoreInput>) =>
  Object.fromEntries(scoreQuote({ ...base, ...input }).parts.map((part) => [part.name, part.points]));

describe("scoreQuote", () => {
  it("gives the published points", () => {
    expect(scoreQuote(base)).to.deep.equal({
      score: 200 + 198 + 150 + 90 + 45,
      parts: [
        { name: "price", points: 200, max: 400, why: "50 % below the ceiling." },
        { name: "uptime", points: 198, max: 200, why: "Uptime 99.00 %." },
        { name: "fit", points: 150, max: 200, why: "75 % of the CPU is left afterwards." },
        { name: "latency", points: 90, max: 100, why: "Round trip 50 ms." },
        { name: "tier", points: 45, max: 100, why: "Performance tier: Medium 1." },
      ],
    });
  });

  it("adds up to 1000 at most", () => {
    expect(Object.values(scoreWeights).reduce((sum, weight) => sum + weight, 0)).to.equal(1_000);
  });

  it("gives half for what is not measured yet", () => {
    expect(points({ uptimeBps: null, latencyMs: null })).to.include({ uptime: 100, latency: 50 });
  });

  it("gives nothing for a price above the ceiling", () => {
    expect(points({ ratePerSecond: 1_001n })).to.include({ price: 0 });
    expect(points({ ratePerSecond: 1_000n })).to.include({ price: 0 });
    expect(points({ ratePerSecond: 0n })).to.include({ price: 400 });
    expect(points({ ceilingPerSecond: 0n, ratePerSecond: 0n })).to.include({ price: 0 });
  });

  it("keeps nodes with a GPU for orders that use it", () => {
    const gpuNode = { ...total, gpuUnits: 1, gpuModel: 48 };
    expect(points({ free: gpuNode, total: gpuNode })).to.include({ fit: 75 });
    const wanted = { ...base.wanted, gpuUnits: 1, gpuModel: 48 };
    expect(points({ wanted, free: gpuNode, total: gpuNode })).to.include({ fit: 150 });
  });

  it("prefers the emptier node", () => {
    expect(points({ free: { ...total, memoryMiB: 2_048 } })["fit"]).to.be.lessThan(points({})["fit"] ?? 0);
    expect(points({ free: { ...total, memoryMiB: 0 } })).to.include({ fit: 0 });
  });

  it("counts what is not a number as the worst", () => {
    expect(points({ uptimeBps: Number.NaN, latencyMs: Number.NaN, tier: Number.NaN })).to.include({
      uptime: 0,
      latency: 0,
      tier: 0,
    });
    expect(points({ latencyMs: LATENCY_LIMIT_MS * 2 })).to.include({ latency: 0 });
  });

  const uint = fc.integer({ min: 0, max: 2 ** 32 - 1 });
  const vector = fc.record({
    milliCpu: uint,
    memoryMiB: uint,
    storageGiB: uint,
    gpuUnits: uint,
    gpuModel: uint,
  });
  const input = fc.record({
    ratePerSecond: fc.bigInt({ min: 0n, max: 2n ** 96n }),
    ceilingPerSecond: fc.bigInt({ min: 0n, max: 2n ** 96n }),
    wanted: vector,
    free: vector,
    total: vector,
    uptimeBps: fc.option(fc.integer({ min: -5, max: 20_000 })),
    latencyMs: fc.option(fc.double()),
    tier: fc.integer({ min: -2, max: 20 }),
  });

  it("stays in whole numbers and within bounds", () => {
    fc.assert(
      fc.property(input, (value) => {
        const { score, parts } = scoreQuote(value);
        for (const part of parts) {
          expect(Number.isInteger(part.points)).to.equal(true);
          expect(part.points).to.be.within(0, part.max);
        }
        expect(score).to.equal(parts.reduce((sum, part) => sum + part.points, 0));
      }),
    );
  });

  it("never likes a higher price better", () => {
    fc.assert(
      fc.property(input, fc.bigInt({ min: 0n, max: 2n ** 90n }), (value, more) => {
        const dearer = { ...value, ratePerSecond: value.ratePerSecond + more };
        expect(scoreQuote(dearer).score).to.be.at.most(scoreQuote(value).score);
      }),
    );
  });
});

describe("ranking", () => {
  const hash = fc
    .uint8Array({ minLength: 32, maxLength: 32 })
    .map((bytes): Hex => `0x${Buffer.from(bytes).toString("hex")}`);

  it("is the same whatever order the quotes came in", () => {
    const quotes = fc.uniqueArray(fc.record({ score: fc.integer({ min: 0, max: 3 }), tieBreak: hash }), {
      selector: (quote) => quote.tieBreak,
      minLength: 2,
    });
    fc.assert(
      fc.property(quotes, (list) => {
        const ranked = list.toSorted(compareRanked);
        expect(list.toReversed().toSorted(compareRanked)).to.deep.equal(ranked);
        for (const [index, quote] of ranked.entries())
          expect(quote.score).to.be.at.most(ranked[index - 1]?.score ?? 3);
      }),
    );
  });

  it("breaks a tie by order and quote together", () => {
    const [order, other, quote] = [
      `0x${"11".repeat(32)}`,
      `0x${"22".repeat(32)}`,
      `0x${"33".repeat(32)}`,
    ] as const;
    expect(tieBreakOf(order, quote)).to.equal(
      "0x31fdeffd72961407e7bbd04322bc3a67ad8adeb826f07a13e86fc791fe86f8a2",
    );
    expect(tieBreakOf(other, quote)).to.not.equal(tieBreakOf(order, quote));
    expect(compareRanked({ score: 1, tieBreak: "0xAB" }, { score: 1, tieBreak: "0xab" })).to.equal(0);
  });
});

describe("leastFree", () => {
  it("never believes a node more than the chain leaves it, and is never below zero", () => {
    const word = (milliCpu: number): bigint => packResources({ ...total, milliCpu });
    const chain = {
      total: word(8_000),
      used: packResources({ ...total, milliCpu: 6_000, memoryMiB: 20_000 }),
    };
    expect(leastFree(chain, word(8_000))).to.include({ milliCpu: 2_000, memoryMiB: 0 });
    expect(leastFree(chain, word(500)).milliCpu).to.equal(500);
  });
});

describe("refusals", () => {
  it("name every resource that is short", () => {
    const wanted = { milliCpu: 1, memoryMiB: 1, storageGiB: 1, gpuUnits: 1, gpuModel: 0 };
    const none = { milliCpu: 0, memoryMiB: 0, storageGiB: 0, gpuUnits: 0, gpuModel: 0 };
    const all = ["capacity.cpu", "capacity.memory", "capacity.storage", "capacity.gpu", "capacity.gpu_model"];
    expect(codesOf(wanted, none, [48])).to.deep.equal(all);
    expect(codesOf(wanted, { ...wanted, gpuModel: 48 }, [48])).to.deep.equal([]);
    expect(codesOf(wanted, { ...wanted, gpuModel: 48 }, [47])).to.deep.equal(["capacity.gpu_model"]);
    expect(codesOf(wanted, { ...wanted, gpuModel: 48 })).to.deep.equal([]);
    expect(codesOf(none, none)).to.deep.equal([]);
  });

  it("are known by their code", () => {
    for (const code of Object.keys(refusalCodes)) expect(isRefusalCode(code)).to.equal(true);
    expect(isRefusalCode("constructor")).to.equal(false);
  });

  function codesOf(...input: Parameters<typeof findShortages>): string[] {
    return findShortages(...input).map(({ code }) => code);
  }
});
