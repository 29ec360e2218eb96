import { rate } from "@fizz/protocol/units";
import { expect } from "chai";
import { parseEther } from "viem";
import {
  ago,
  coin,
  coinPerHour,
  count,
  cpus,
  duration,
  memory,
  shortHex,
  uptime,
} from "../../../web/src/format/format.ts";

describe("coin", () => {
  it("cuts what is finer than six digits and never rounds up", () => {
    expect(coin(parseEther("1.9999999"))).to.equal("1.999999 ETH");
  });
  it("does not show something as nothing", () => {
    expect(coin(1n)).to.equal("< 0.000001 ETH");
    expect(coin(1n, 9)).to.equal("< 0.000000001 ETH");
  });
  it("shows nothing as nothing", () => {
    expect(coin(0n)).to.equal("0 ETH");
  });
});

describe("coinPerHour", () => {
  it("turns a contract's rate into the price of an hour", () => {
    const perHour = parseEther("0.0036");
    expect(coinPerHour(rate((perHour * 10n ** 12n) / 3_600n))).to.equal("0.0036 ETH / h");
  });
});

describe("duration", () => {
  for (const [seconds, text] of [
    [0, "0 s"],
    [59.9, "59 s"],
    [60, "1 min"],
    [3_660, "1 h 1 min"],
    [3_600, "1 h"],
    [90_061, "1 d 1 h"],
    [86_400 + 5, "1 d"],
    [-5, "0 s"],
  ] as const)
    it(`says "${text}" for ${seconds} s`, () => {
      expect(duration(seconds)).to.equal(text);
    });
});

describe("ago", () => {
  it("calls the last seconds now", () => {
    expect(ago(10_000, 12_000)).to.equal("just now");
  });
  it("names the largest unit alone", () => {
    expect(ago(0, 3_700_000)).to.equal("1 h ago");
  });
});

describe("small texts", () => {
  it("shortens addresses and keeps what is short", () => {
    expect(shortHex("0x15d34AAf54267DB7D7c367839AAf71A00a2C6A65")).to.equal("0x15d3…6A65");
    expect(shortHex("0x12")).to.equal("0x12");
  });
  it("writes CPU and memory in the unit that reads best", () => {
    expect([cpus(500), cpus(8_000), memory(512), memory(1_536)]).to.deep.equal([
      "0.5",
      "8",
      "512 MiB",
      "1.5 GiB",
    ]);
  });
  it("counts", () => {
    expect([count(1, "node"), count(2, "node")]).to.deep.equal(["1 node", "2 nodes"]);
  });
});

describe("uptime", () => {
  it("says how long a node was there, and when that is not known", () => {
    expect([10_000, 9_999, 9_950, 0, null].map(uptime)).to.deep.equal([
      "100 %",
      "99.99 %",
      "99.5 %",
      "0 %",
      "new",
    ]);
  });
});
