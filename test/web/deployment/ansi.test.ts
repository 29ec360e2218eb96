import { expect } from "chai";
import { parseAnsi } from "../../../web/src/features/deployment/ansi.ts";

const ESC = "\u001b";

describe("parseAnsi", () => {
  it("leaves plain text alone", () => {
    expect(parseAnsi("hello")).to.deep.equal([{ text: "hello", colour: undefined, bold: false }]);
  });
  it("understands colours and bold, and their end", () => {
    expect(parseAnsi(`${ESC}[1;31merror${ESC}[0m: ${ESC}[92mok`)).to.deep.equal([
      { text: "error", colour: 1, bold: true },
      { text: ": ", colour: undefined, bold: false },
      { text: "ok", colour: 2, bold: false },
    ]);
  });
  it("drops every other sequence and control character", () => {
    const text = `a${ESC}[2Kb${ESC}]0;title\u0007c\u0008d${ESC}[?25l`;
    expect(
      parseAnsi(text)
        .map((span) => span.text)
        .join(""),
    ).to.equal("abcd");
  });
  it("shows what a carriage return left on the line", () => {
    expect(parseAnsi("10%\r50%\r100%\r")).to.deep.equal([{ text: "100%", colour: undefined, bold: false }]);
  });
  it("makes nothing of an empty line", () => {
    expect(parseAnsi("")).to.deep.equal([]);
  });
});
