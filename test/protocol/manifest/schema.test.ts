import { type ManifestCode, manifestJsonSchema, parseManifest } from "@fizz/protocol/manifest";
import { Ajv } from "ajv";
import { expect } from "chai";
import { globSync, readFileSync } from "node:fs";
import { parse } from "yaml";
import { inRoot } from "../../../scripts/lib/paths.ts";
import { amountRules } from "./amount-rules.ts";
import { fieldRules } from "./field-rules.ts";
import { type Rule } from "./rule.ts";
import { FIZZ, PROVIDER, withChanges } from "./sample.ts";
import { warningRules } from "./warning-rules.ts";
import { wholeRules } from "./whole-rules.ts";

const FILE = inRoot("protocol/manifest.schema.json");

/** What an editor sees without knowing the whole: every row of these codes. */
const SEEN_BY_EDITORS: readonly ManifestCode[] = [
  "MANIFEST_KEY_UNKNOWN",
  "MANIFEST_TYPE_WRONG",
  "MANIFEST_VERSION_UNSUPPORTED",
  "MANIFEST_IMAGE_INVALID",
  "MANIFEST_ENV_INVALID",
  "MANIFEST_MOUNT_INVALID",
  "MANIFEST_PORT_INVALID",
  "MANIFEST_TIER_UNKNOWN",
];

describe("the JSON Schema of manifests", () => {
  const validate = new Ajv({ allErrors: true, strictTypes: false, strictRequired: false }).compile(
    manifestJsonSchema(),
  );
  const rules = [...fieldRules, ...amountRules, ...wholeRules, ...warningRules];
  const textOf = (rule: Rule, changes: Rule["changes"]): string =>
    withChanges(rule.text ?? FIZZ, changes ?? {});
  const problemsOf = (text: string): string[] => {
    validate(parse(text, { version: "1.2" }));
    return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath}: ${message ?? ""}`);
  };

  it("is the committed one", () => {
    expect(JSON.parse(readFileSync(FILE, "utf8"))).to.deep.equal(
      JSON.parse(JSON.stringify(manifestJsonSchema())),
    );
  });

  for (const name of globSync("examples/*.yaml", { cwd: inRoot("") }).sort())
    it(`takes ${name}`, () => {
      expect(problemsOf(readFileSync(inRoot(name), "utf8"))).to.deep.equal([]);
    });

  it("takes whatever the parser takes", () => {
    const texts = [
      FIZZ,
      PROVIDER,
      ...rules.flatMap((rule) => [textOf(rule, rule.changes), textOf(rule, rule.valid)]),
    ];
    const valid = texts.filter((text) => parseManifest(text).ok);
    expect(valid.length).to.be.greaterThan(60);
    for (const text of valid) expect(problemsOf(text), text).to.deep.equal([]);
  });

  for (const [index, rule] of rules.entries()) {
    if (!SEEN_BY_EDITORS.includes(rule.code)) continue;
    it(`sees ${rule.code} at ${rule.path} (${index})`, () => {
      expect(problemsOf(textOf(rule, rule.changes))).to.not.deep.equal([]);
    });
  }

  it("sees what belongs to the other mode", () => {
    const expose = "services.web.expose[0]";
    for (const changes of [
      { [`${expose}.port`]: 80 },
      { [`${expose}.as`]: 443 },
      { [`${expose}.accept`]: ["www.example.org"] },
      { [`${expose}.http_options`]: { next_tries: 1 } },
    ]) {
      expect(problemsOf(withChanges(FIZZ, changes)), JSON.stringify(changes)).to.not.deep.equal([]);
    }
    const range = { [`${expose}.port`]: undefined, [`${expose}.port_range`]: "9000-9001" };
    expect(problemsOf(withChanges(FIZZ, range))).to.deep.equal([]);
    expect(problemsOf(withChanges(FIZZ, { ...range, "profiles.mode": "provider" }))).to.not.deep.equal([]);
  });
});
