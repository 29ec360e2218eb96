import { readFile } from "node:fs/promises";
import { expect } from "chai";
import { findMissingOptional, type LockPackages } from "../../scripts/lib/lock-completeness.ts";
import { inRoot } from "../../scripts/lib/paths.ts";

describe("package-lock.json", () => {
  it("holds every optional package that it names, so that npm ci takes it (else run scripts/complete-lock.ts)", async () => {
    const lock = JSON.parse(await readFile(inRoot("package-lock.json"), "utf8")) as {
      packages: LockPackages;
    };
    expect(findMissingOptional(lock.packages)).to.deep.equal([]);
  });
});

describe("findMissingOptional", () => {
  it("looks for a package where Node would, and names what is nowhere", () => {
    const packages: LockPackages = {
      "": {},
      "node_modules/a": { optionalDependencies: { here: "1.0.0", above: "1.0.0", gone: "2.0.0" }, dev: true },
      "node_modules/a/node_modules/here": {},
      "node_modules/above": {},
      "node_modules/x/node_modules/gone": {},
    };
    expect(findMissingOptional(packages)).to.deep.equal([{ name: "gone", version: "2.0.0", dev: true }]);
  });
});
