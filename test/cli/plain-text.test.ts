import { Readable } from "node:stream";
import { expect } from "chai";
import { plainLine, plainText, styledLine } from "../../cli/src/output/plain-text.ts";
import { Terminal } from "../../cli/src/output/terminal.ts";

describe("text of others on a terminal", () => {
  it("neither moves the cursor nor clears nor colours", () => {
    expect(plainText("a\u001b[2Kb\rc\u0007d\u009be\tf\ng")).to.equal(
      "a\ufffd[2Kb\ufffdc\ufffdd\ufffde\tf\ng",
    );
    expect(plainText("Zürich, 東京, 🙂")).to.equal("Zürich, 東京, 🙂");
  });

  it("keeps its colours where a program wrote it, to the end of its line", () => {
    expect(styledLine("\u001b[1;31mfailed\u001b[0m \u001b[38:5:9mred")).to.equal(
      "\u001b[1;31mfailed\u001b[0m \u001b[38:5:9mred\u001b[0m",
    );
    expect(styledLine("a\u001b[2Jb\u001b]52;c;eA==\u0007c\rd\ne\r")).to.equal(
      "a\ufffd[2Jb\ufffd]52;c;eA==\ufffdc\ufffdd e",
    );
    expect(styledLine("plain\r")).to.equal("plain");
  });

  it("is changed where somebody reads, and passed on as it is to a file or a program", () => {
    expect(written({ isTTY: true })).to.equal("web-0 | a\ufffd[2Jb\n");
    expect(written({})).to.equal("web-0 | a\u001b[2Jb\n");
  });

  it("begins no line of its own where one line is meant", () => {
    expect(plainLine("full\n✓ Bid found\u001b[1A")).to.equal("full ✓ Bid found\ufffd[1A");
  });

  function written(screen: { readonly isTTY?: boolean }): string {
    let said = "";
    const write = (text: string): void => {
      said += text;
    };
    const terminal = new Terminal({
      stdin: Readable.from([]),
      stdout: { ...screen, write },
      stderr: { write },
      color: false,
    });
    terminal.written("web-0 | ", "a\u001b[2Jb");
    return said;
  }
});
