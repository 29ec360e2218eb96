import { expect } from "chai";
import { plainLine, plainText } from "../../cli/src/output/plain-text.ts";

describe("text of others on a terminal", () => {
  it("neither moves the cursor nor clears nor colours", () => {
    expect(plainText("a\u001b[2Kb\rc\u0007d\u009be\tf\ng")).to.equal(
      "a\ufffd[2Kb\ufffdc\ufffdd\ufffde\tf\ng",
    );
    expect(plainText("Zürich, 東京, 🙂")).to.equal("Zürich, 東京, 🙂");
  });

  it("begins no line of its own where one line is meant", () => {
    expect(plainLine("full\n✓ Bid found\u001b[1A")).to.equal("full ✓ Bid found\ufffd[1A");
  });
});
