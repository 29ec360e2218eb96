import { type ManifestCode } from "@fizz/protocol/manifest";

/** Texts that are wrong before anybody asks what they mean. */
export const textRules: readonly {
  readonly code: ManifestCode;
  readonly text: string;
  readonly at: string;
}[] = [
  { code: "MANIFEST_TOO_LARGE", text: `# ${"x".repeat(256 * 1_024)}`, at: "1:1" },
  { code: "MANIFEST_TOO_LARGE", text: "a: [" + ",".repeat(60_000), at: "1:60002" },
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
