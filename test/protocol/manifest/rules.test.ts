import { type ManifestCode, manifestCodes } from "@fizz/protocol/manifest";
import { expect } from "chai";
import { amountRules } from "./amount-rules.ts";
import { fieldRules } from "./field-rules.ts";
import { FIZZ, issuesOf, problemsOf, PROVIDER, withChanges } from "./sample.ts";
import { textRules } from "./text-rules.ts";
import { warningRules } from "./warning-rules.ts";
import { wholeRules } from "./whole-rules.ts";

const rules = [...fieldRules, ...amountRules, ...wholeRules, ...warningRules];

describe("manifest rules", () => {
  it("accepts the samples that the rows change", () => {
    expect(problemsOf(FIZZ)).to.deep.equal([]);
    expect(problemsOf(PROVIDER)).to.deep.equal([]);
  });

  for (const [index, rule] of rules.entries()) {
    const text = rule.text ?? FIZZ;
    it(`${rule.code} at ${rule.path} (${index})`, () => {
      const found = issuesOf(withChanges(text, rule.changes ?? {}));
      const issue = found.find((entry) => entry.code === rule.code && entry.path === rule.path);
      expect(issue, JSON.stringify(found, null, 1)).to.not.equal(undefined);
      expect(issue?.severity).to.equal(warningRules.includes(rule) ? "warning" : "error");
      expect(issue?.suggestion).to.equal(rule.suggestion ?? issue?.suggestion);
      expect(issue?.line).to.be.greaterThan(rule.path.includes(".") ? 1 : 0);
      if (rule.valid !== undefined)
        expect(
          issuesOf(withChanges(text, rule.valid)).filter((entry) => entry.severity === "error"),
        ).to.deep.equal([]);
    });
  }

  for (const { code, text, at } of textRules)
    it(`${code} of a text`, () => {
      const issue = issuesOf(text).find((entry) => entry.code === code);
      expect(`${issue?.line ?? 0}:${issue?.column ?? 0}`).to.equal(at);
    });

  it("has a row for every code", () => {
    const elsewhere: ManifestCode[] = ["MANIFEST_TOO_MANY_ISSUES", "MANIFEST_NOT_CANONICAL"];
    const tested = new Set([...rules, ...textRules].map((row) => row.code).concat(elsewhere));
    expect(Object.keys(manifestCodes).filter((code) => !tested.has(code as ManifestCode))).to.deep.equal([]);
  });
});
