import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { type ManifestIssue } from "@fizz/protocol/manifest";
import { expect } from "chai";
import { amountRules } from "./amount-rules.ts";
import { fieldRules } from "./field-rules.ts";
import { FIZZ, issuesOf, withChanges } from "./sample.ts";
import { textRules } from "./text-rules.ts";
import { warningRules } from "./warning-rules.ts";
import { wholeRules } from "./whole-rules.ts";

const FOLDER = new URL("./golden/", import.meta.url);
const UPDATES = process.env["UPDATE_GOLDEN"] === "1";

interface Pair {
  readonly code: string;
  readonly invalid: string;
  readonly valid: string;
}

const rules = [...fieldRules, ...amountRules, ...wholeRules, ...warningRules];
const pairs: readonly Pair[] = [
  ...textRules.map(({ code, text }) => ({ code, invalid: text, valid: FIZZ })),
  ...rules.map(({ code, text = FIZZ, changes = {}, valid = {} }) => ({
    code,
    invalid: withChanges(text, changes),
    valid: withChanges(text, valid),
  })),
];

/**
 * Every rule as files: a text that breaks it, all that is said of it, and a text like it that is right. Another parser
 * of the language can be held against them. UPDATE_GOLDEN=1 writes down what is said now; the difference is for a person
 * to judge.
 */
describe("golden files of the manifest rules", () => {
  const counts = new Map<string, number>();
  const names = pairs.map((pair) => {
    const count = (counts.get(pair.code) ?? 0) + 1;
    counts.set(pair.code, count);
    const name = `${pair.code}-${count}`;
    it(name, () => {
      const issues = issuesOf(pair.invalid).map(show).join("");
      if (UPDATES) {
        mkdirSync(FOLDER, { recursive: true });
        write(`${name}.invalid.yaml`, pair.invalid);
        write(`${name}.issues.txt`, issues);
        write(`${name}.valid.yaml`, pair.valid);
      }
      expect(read(`${name}.invalid.yaml`)).to.equal(pair.invalid);
      expect(read(`${name}.valid.yaml`)).to.equal(pair.valid);
      expect(issues).to.equal(read(`${name}.issues.txt`));
      expect(issues).to.include(`[${pair.code}]`);
      expect(issuesOf(pair.valid).filter(({ severity }) => severity === "error")).to.deep.equal([]);
    });
    return name;
  });

  it("are no more than that", () => {
    const files = names.flatMap((name) => [
      `${name}.invalid.yaml`,
      `${name}.issues.txt`,
      `${name}.valid.yaml`,
    ]);
    expect(readdirSync(FOLDER).sort()).to.deep.equal(files.sort());
  });

  function show({ code, severity, path, line, column, ...issue }: ManifestIssue): string {
    const hint = issue.suggestion === undefined ? "" : `; suggested: ${issue.suggestion}`;
    const place = `${line}:${column}-${issue.endLine}:${issue.endColumn}`;
    return `${place} ${severity}: ${issue.message} [${code}]\n  at ${path}; found ${issue.found}; allowed: ${issue.allowed}${hint}\n`;
  }

  function read(name: string): string {
    return readFileSync(new URL(name, FOLDER), "utf8");
  }

  function write(name: string, text: string): void {
    writeFileSync(new URL(name, FOLDER), text);
  }
});
