import { type ManifestCode, manifestCodes } from "@fizz/protocol/manifest";
import { expect } from "chai";
import { amountRules } from "./amount-rules.ts";
import { fieldRules } from "./field-rules.ts";
import { FIZZ, issuesOf, problemsOf, PROVIDER, withChanges } from "./sample.ts";
import { warningRules } from "./warning-rules.ts";
import { wholeRules } from "./whole-rules.ts";

const rules = [...fieldRules, ...amountRules, ...wholeRules, ...warningRules];

/** Texts that are wrong before anybody asks what they mean. */
const texts: readonly { readonly code: ManifestCode; readonly text: string; readonly at: string }[] = [
  { code: "MANIFEST_TOO_LARGE", text: `# ${"x".repeat(64 * 1_024)}`, at: "1:1" },
  { code: "MANIFEST_TOO_DEEP", text: `a: ${"[".repeat(40)}${"]".repeat(40)}`, at: "1:35" },
  { code: "MANIFEST_EMPTY", text: "# nothing\n", at: "1:1" },
  { code: "MANIFEST_YAML_SYNTAX", text: 'version: "1.0\n', at: "2:1" },
  { code: "MANIFEST_YAML_TAB", text: "services:\n\tweb: 1\n", at: "2:1" },
  { code: "MANIFEST_YAML_DOCUMENTS", text: "a: 1\n---\nb: 2\n", at: "2:1" },
  { code: "MANIFEST_YAML_DIRECTIVE", text: "# old\n%YAML 1.1\n---\na: 1\n", at: "2:1" },
  { code: "MANIFEST_YAML_TAG", text: "version: !!str 1.0\n", at: "1:16" },
  { code: "MANIFEST_YAML_MERGE_KEY", text: "a: &a {b: 1}\nc:\n  <<: *a\n", at: "3:3" },
  { code: "MANIFEST_YAML_ALIAS", text: "a: *missing\n", at: "1:4" },
  { code: "MANIFEST_KEY_DUPLICATE", text: "a: 1\nb: 2\na: 3\n", at: "3:1" },
  { code: "MANIFEST_KEY_INVALID", text: "[a, b]: 1\n", at: "1:1" },
];

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

  for (const { code, text, at } of texts)
    it(`${code} of a text`, () => {
      const issue = issuesOf(text).find((entry) => entry.code === code);
      expect(`${issue?.line ?? 0}:${issue?.column ?? 0}`).to.equal(at);
    });

  it("has a row for every code", () => {
    const elsewhere: ManifestCode[] = ["MANIFEST_TOO_MANY_ISSUES", "MANIFEST_NOT_CANONICAL"];
    const tested = new Set([...rules, ...texts].map((row) => row.code).concat(elsewhere));
    expect(Object.keys(manifestCodes).filter((code) => !tested.has(code as ManifestCode))).to.deep.equal([]);
  });
});
