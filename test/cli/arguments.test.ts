import { expect } from "chai";
import {
  parseDecimal,
  parseId,
  parseIndex,
  parsePortPair,
  parseSeconds,
  parseSince,
  parseTail,
  parseTokens,
  parseUrl,
} from "../../cli/src/arguments.ts";
import { NATIVE } from "../../cli/src/chain/tokens.ts";

describe("arguments", () => {
  it("reads ids, durations, amounts, tails and URLs", () => {
    expect(parseId("12")).to.equal(12n);
    expect(parseSeconds("90")).to.equal(90);
    expect(parseSeconds("90min")).to.equal(5_400);
    expect(parseSeconds("1.5h")).to.equal(5_400);
    expect(parseDecimal("0.25")).to.equal("0.25");
    expect(parseIndex("0")).to.equal(0);
    expect(parsePortPair("8080")).to.deep.equal({ local: 0, remote: 8_080 });
    expect(parsePortPair("5000:80")).to.deep.equal({ local: 5_000, remote: 80 });
    expect(parseSince("2026-11-30T12:00:00Z")).to.equal(Date.UTC(2026, 10, 30, 12));
    const since = parseSince("2h");
    expect(Date.now() - since).to.be.within(7_200_000, 7_210_000);
    expect(parseTail("all")).to.equal(null);
    expect(parseTail("20")).to.equal(20);
    expect(parseUrl("http://127.0.0.1:1")).to.equal("http://127.0.0.1:1");
    expect(parseTokens("0.25", NATIVE)).to.equal(250_000_000_000_000_000n);
  });

  const wrong: readonly (readonly [string, (text: string) => unknown, readonly string[]])[] = [
    ["parseId", parseId, ["", "0", "-1", "1.5", "0x1", "abc", "99999999999999999999"]],
    ["parseSeconds", parseSeconds, ["", "0", "0s", "1 week", "-1h", "9999999999999999999999", "200y"]],
    ["parseSince", parseSince, ["", "yesterday", "2026-13-01", "1900-01-01"]],
    ["parseDecimal", parseDecimal, ["", "-1", "1e3", ".5", "1,5", "0x1"]],
    ["parseIndex", parseIndex, ["", "-1", "1.5", "1000"]],
    ["parsePortPair", parsePortPair, ["", "0", "65536", "8080:", ":80", "1:2:3", "http", "70000:80"]],
    ["parseTail", parseTail, ["", "-1", "alll", "1000000"]],
    ["parseUrl", parseUrl, ["", "ftp://x", "127.0.0.1:1", "javascript:alert(1)"]],
  ];
  for (const [name, parse, texts] of wrong)
    for (const text of texts)
      it(`${name} refuses "${text}"`, () => {
        expect(() => parse(text))
          .to.throw()
          .with.property("code", "commander.invalidArgument");
      });

  it("refuses an amount that is finer than its token", () => {
    expect(() => parseTokens("0.1234567", { ...NATIVE, symbol: "USDX", decimals: 6 })).to.throw("USDX");
  });
});
