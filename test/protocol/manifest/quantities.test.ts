import {
  packResources,
  parseBandwidth,
  parseCpu,
  parseDuration,
  parsePortRange,
  parseSize,
  unpackResources,
} from "@fizz/protocol/manifest";
import { ProtocolError } from "@fizz/protocol/errors";
import { expect } from "chai";
import fc from "fast-check";

const suffixes = { k: 1_000n, Ki: 1_024n, M: 10n ** 6n, Mi: 2n ** 20n, G: 10n ** 9n, Gi: 2n ** 30n } as const;
const large = {
  T: 10n ** 12n,
  Ti: 2n ** 40n,
  P: 10n ** 15n,
  Pi: 2n ** 50n,
  E: 10n ** 18n,
  Ei: 2n ** 60n,
} as const;

describe("quantities", () => {
  it("reads every suffix of a size exactly", () => {
    for (const [suffix, factor] of Object.entries({ ...suffixes, ...large })) {
      expect(parseSize(`3${suffix}`), suffix).to.equal(3n * factor);
      expect(parseSize(`1.5${suffix}`), suffix).to.equal((factor * 3n) / 2n);
    }
  });

  it("rounds a part of a byte up", () => {
    expect(parseSize("1.1Gi")).to.equal(1_181_116_007n);
    expect(parseSize("0.0001k")).to.equal(1n);
  });

  it("keeps sizes in their order, whatever the suffix", () => {
    const size = fc.tuple(
      fc.nat({ max: 999_999 }),
      fc.nat({ max: 999 }),
      fc.constantFrom(...Object.keys({ ...suffixes, ...large })),
    );
    fc.assert(
      fc.property(size, fc.nat({ max: 1_000 }), ([whole, fraction, suffix], more) => {
        const text = (value: number): string => `${value}.${String(fraction).padStart(3, "0")}${suffix}`;
        const one = parseSize(text(whole));
        const other = parseSize(text(whole + more));
        expect(one !== undefined && other !== undefined && one <= other).to.equal(true);
      }),
    );
  });

  it("refuses what is no size", () => {
    for (const text of ["", "1", "1 Gi", "1gi", "-1Gi", "1e3Gi", "1.Gi", ".5Gi", "1GiB", "0x1Gi", "1,5Gi"])
      expect(parseSize(text), text).to.equal(undefined);
  });

  it("reads CPU in threads and milli-CPU to the same figure", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1_000_000 }), (milli) => {
        expect(parseCpu(`${milli}m`)).to.equal(milli);
        expect(parseCpu((milli / 1_000).toFixed(3))).to.equal(milli);
      }),
    );
    expect(parseCpu("8.0")).to.equal(8_000);
    for (const text of ["", "0.0001", "1.5M", "-1", "1e3", "0.5m"])
      expect(parseCpu(text), text).to.equal(undefined);
  });

  it("reads durations with their fractions", () => {
    const expected = {
      "30s": 30n,
      "1.5h": 5_400n,
      "2min": 120n,
      "1d": 86_400n,
      "1mon": 2_592_000n,
      "1y": 31_536_000n,
      "0.1s": 1n,
    };
    for (const [text, value] of Object.entries(expected)) expect(parseDuration(text), text).to.equal(value);
    for (const text of ["", "1", "1m", "1hr", "-1h", "1 h"])
      expect(parseDuration(text), text).to.equal(undefined);
  });

  it("reads ranges and bandwidths", () => {
    expect(parsePortRange("8443-8445")).to.deep.equal({ first: 8_443, last: 8_445 });
    for (const text of ["8445-8443", "0-3", "1-65536", "8443", "a-b"])
      expect(parsePortRange(text), text).to.equal(undefined);
    expect([parseBandwidth("100mbps"), parseBandwidth("2.5Gbps"), parseBandwidth("fast")]).to.deep.equal([
      100,
      2_500,
      undefined,
    ]);
  });
});

describe("packed resources", () => {
  const uint32 = fc.integer({ min: 0, max: 2 ** 32 - 1 });
  const uint16 = fc.integer({ min: 0, max: 2 ** 16 - 1 });
  const vector = fc.record({
    milliCpu: uint32,
    memoryMiB: uint32,
    storageGiB: uint32,
    gpuUnits: uint16,
    gpuModel: uint16,
  });

  it("come back as they were", () => {
    fc.assert(
      fc.property(vector, (value) => {
        expect(unpackResources(packResources(value))).to.deep.equal(value);
      }),
    );
  });

  it("have the layout of the contracts", () => {
    const word = packResources({ milliCpu: 1, memoryMiB: 2, storageGiB: 3, gpuUnits: 4, gpuModel: 5 });
    expect(word.toString(16)).to.equal("50004000000030000000200000001");
  });

  it("refuse a figure that does not fit", () => {
    const value = { milliCpu: 2 ** 32, memoryMiB: 0, storageGiB: 0, gpuUnits: 0, gpuModel: 0 };
    expect(() => packResources(value)).to.throw(ProtocolError, "milliCpu");
    expect(() => packResources({ ...value, milliCpu: 0.5 })).to.throw(ProtocolError, "milliCpu");
  });
});
