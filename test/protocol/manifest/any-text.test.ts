import {
  checkOpenPart,
  checkSealedPart,
  openPartOf,
  openPartSchema,
  packResources,
  parseManifest,
  resourcesOf,
  sealedPartOf,
  sealedPartSchema,
} from "@fizz/protocol/manifest";
import { expect } from "chai";
import fc from "fast-check";
import { parseDocument, visit } from "yaml";
import { FIZZ, PROVIDER } from "./sample.ts";
import { changeText } from "../../support/change-text.ts";
import { hugeTexts } from "../../support/manifest-traps.ts";
import { HANG_MS, processorMs } from "../../support/processor-time.ts";

const NOISE = Array.from("[]{}:,-&*!|>%@`\"'#? \n\tab0");

describe("parseManifest on any text", () => {
  const check = (text: string): void => {
    const parsed = parseManifest(text);
    if (!parsed.ok) {
      expect(parsed.issues.some((issue) => issue.severity === "error")).to.equal(true);
      const lines = text.split("\n").length;
      for (const issue of parsed.issues) {
        expect(issue.line).to.be.within(1, lines);
        expect(issue.endLine).to.be.within(issue.line, lines);
        expect(issue.column).to.be.at.least(1);
      }
      return;
    }
    const openPart = openPartSchema.parse(openPartOf(parsed.manifest));
    const sealedPart = sealedPartSchema.parse(sealedPartOf(parsed.manifest));
    expect(checkOpenPart(openPart)).to.deep.equal([]);
    expect(checkSealedPart(openPart, sealedPart)).to.deep.equal([]);
    packResources(resourcesOf(openPart));
  };

  it("answers noise", () => {
    fc.assert(fc.property(fc.string({ unit: "binary", maxLength: 400 }), check), { numRuns: 300 });
    fc.assert(fc.property(fc.string({ unit: fc.constantFrom(...NOISE), maxLength: 200 }), check), {
      numRuns: 500,
    });
  });

  it("answers texts of the largest size without hanging", () => {
    const answer = (text: string): void => {
      const milliseconds = processorMs(() => {
        check(text);
      });
      expect(milliseconds).to.be.lessThan(HANG_MS);
    };
    fc.assert(fc.property(hugeTexts, answer), { numRuns: 40 });
  }).timeout(60_000);

  it("answers manifests with letters changed, and never accepts what the schemas refuse", () => {
    const change = fc.tuple(
      fc.nat({ max: 3_000 }),
      fc.nat({ max: 3 }),
      fc.string({ unit: "grapheme-ascii", maxLength: 4 }),
    );
    fc.assert(
      fc.property(
        fc.constantFrom(FIZZ, PROVIDER),
        fc.array(change, { minLength: 1, maxLength: 3 }),
        (text, changes) => {
          check(changeText(text, changes));
        },
      ),
      { numRuns: 300 },
    );
  });

  it("answers manifests with values replaced, and never accepts what the schemas refuse", () => {
    const value = fc.oneof(
      fc.constantFrom(
        "",
        null,
        true,
        0,
        -1,
        1.5,
        443,
        1e21,
        "1Ei",
        "8Ei",
        "0.5",
        "any",
        "80-90",
        [],
        {},
        ["a"],
        "x".repeat(300),
      ),
      fc.string({ maxLength: 20 }),
      fc.jsonValue({ maxDepth: 2 }),
    );
    fc.assert(
      fc.property(
        fc.constantFrom(FIZZ, PROVIDER),
        fc.nat({ max: 200 }),
        value,
        (text, position, replacement) => {
          const document = parseDocument(text);
          const paths: (string | number)[][] = [];
          visit(document, {
            Pair: (_key, pair) => {
              paths.push([(pair.key as { value: string }).value]);
            },
          });
          let seen = 0;
          const target = position % paths.length;
          visit(document, {
            Pair: (_key, pair) => {
              if (seen === target) pair.value = document.createNode(replacement);
              seen += 1;
            },
          });
          check(document.toString());
        },
      ),
      { numRuns: 400 },
    );
  });
});
