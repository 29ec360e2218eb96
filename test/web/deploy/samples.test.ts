import { readFile } from "node:fs/promises";
import { parseManifest } from "@fizz/protocol/manifest";
import { expect } from "chai";
import { FIRST_SAMPLE, samples } from "../../../web/src/features/deploy/samples.ts";

describe("samples", () => {
  for (const { id, text } of samples)
    it(`${id} has no problem and no warning`, () => {
      const parsed = parseManifest(text);
      expect(parsed.ok ? parsed.warnings : parsed.issues).to.deep.equal([]);
    });

  it("begins with the same deployment as examples/hello.yaml", async () => {
    const example = await readFile(new URL("../../../examples/hello.yaml", import.meta.url), "utf8");
    expect(withoutComments(FIRST_SAMPLE)).to.equal(withoutComments(example));
  });
});

function withoutComments(text: string): string {
  return text.replace(/^#.*\n/gm, "");
}
