import { readFileSync } from "node:fs";
import { expect } from "chai";
import { inRoot } from "../../../scripts/lib/paths.ts";
import { checkManifest } from "../../../web/src/features/deploy/check-manifest.ts";
import { isForeign } from "../../../web/src/features/deploy/is-foreign.ts";

const hello = readFileSync(inRoot("examples/hello.yaml"), "utf8");

describe("whether a text in the editor can be converted", () => {
  const verdictOf = async (text: string): Promise<boolean> => isForeign(await checkManifest(text));

  it("is so of a Compose file and of an Akash SDL", async () => {
    for (const file of ["compose/wordpress", "akash/hello-world"]) {
      const text = readFileSync(inRoot(`test/protocol/convert/golden/${file}.yaml`), "utf8");
      expect(await verdictOf(text), file).to.equal(true);
    }
  });

  it("is not so of a manifest, with or without a slip", async () => {
    expect(await verdictOf(hello)).to.equal(false);
    expect(await verdictOf(hello.replace("port: 8080", "port: 443"))).to.equal(false);
  });

  it("is not so of any other text", async () => {
    for (const text of ["", "kind: Pod\n", "my services: many\n", "services"])
      expect(await verdictOf(text), text).to.equal(false);
  });
});
