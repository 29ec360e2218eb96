import { parseManifest, printManifest } from "@fizz/protocol/manifest";
import { expect } from "chai";
import fc from "fast-check";
import { globSync, readFileSync } from "node:fs";
import { inRoot } from "../../../scripts/lib/paths.ts";
import { amountRules } from "./amount-rules.ts";
import { fieldRules } from "./field-rules.ts";
import { accepted, FIZZ, PROVIDER, withChanges } from "./sample.ts";
import { warningRules } from "./warning-rules.ts";
import { wholeRules } from "./whole-rules.ts";

describe("printManifest", () => {
  const holds = (text: string): void => {
    const manifest = accepted(text);
    const printed = printManifest(manifest);
    expect(accepted(printed), printed).to.deep.equal(manifest);
    expect(printManifest(accepted(printed))).to.equal(printed);
  };

  for (const name of globSync("examples/*.yaml", { cwd: inRoot("") }).sort())
    it(`gives what was read: ${name}`, () => {
      holds(readFileSync(inRoot(name), "utf8"));
    });

  it("gives what was read, of every row of the rules that is valid", () => {
    const rules = [...fieldRules, ...amountRules, ...wholeRules, ...warningRules];
    const texts = rules.flatMap(({ text = FIZZ, changes = {}, valid = {} }) => [
      withChanges(text, changes),
      withChanges(text, valid),
    ]);
    const valid = texts.filter((text) => parseManifest(text).ok);
    expect(valid.length).to.be.greaterThan(60);
    for (const text of valid) holds(text);
  });

  it("keeps any text, any size and any price to the last digit", () => {
    const line = fc.string({ unit: "grapheme", minLength: 1, maxLength: 40 });
    const size = fc.oneof(
      fc.bigInt({ min: 6_291_456n, max: 1n << 61n }).map((bytes) => `${bytes / 1_000n}.${bytes % 1_000n}k`),
      fc.integer({ min: 7, max: 900 }).map((count) => `${count}.5Mi`),
    );
    const price = fc.tuple(fc.nat({ max: 999 }), fc.integer({ min: 1, max: 999_999 }));
    fc.assert(
      fc.property(fc.constantFrom(FIZZ, PROVIDER), fc.tuple(line, size, price), (text, values) => {
        const [word, bytes, [whole, part]] = values;
        const service = text === FIZZ ? "web" : "api";
        const place = text === FIZZ ? "any" : "us";
        const changed = withChanges(text, {
          [`services.${service}.args`]: [word, "1.0", "true", "~", `${word}: # "`],
          [`services.${service}.env`]: [`WORD=${word}`],
          [`profiles.compute.${service}.resources.memory.size`]: bytes,
          [`profiles.placement.${place}.pricing.${service}.amount`]: `${whole}.${part}`,
        });
        if (parseManifest(changed).ok) holds(changed);
      }),
      { numRuns: 200 },
    );
  });
});
