import { expect } from "chai";
import { keysAt } from "../../../web/src/features/deploy/complete-manifest.ts";

describe("keysAt", () => {
  it("offers the top keys where nothing is indented", () => {
    expect(keysAt(['version: "1.0"'], 0)).to.include.members(["services", "profiles", "deployment"]);
  });
  it("offers a service's keys below any name", () => {
    expect(keysAt(["services:", "  web:", "    image: a:1"], 4)).to.include.members(["expose", "env"]);
  });
  it("offers an exposed port's keys inside a list item", () => {
    expect(keysAt(["services:", "  web:", "    expose:", "      - port: 80"], 8)).to.include(
      "use_public_port",
    );
  });
  it("knows nothing below a key of its own", () => {
    expect(keysAt(["services:", "  web:", "    image: a", "      x:"], 8)).to.deep.equal([]);
  });
});
