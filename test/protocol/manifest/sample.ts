import { type Manifest, type ManifestIssue, parseManifest } from "@fizz/protocol/manifest";
import { readFileSync } from "node:fs";
import { isMap, isSeq, parseDocument } from "yaml";

/** A small valid Fizz manifest; tests change one thing of it. */
export const FIZZ = `version: "1.0"
services:
  web:
    image: ghcr.io/example/web:1.2.3
    expose:
      - port: 8080
        to:
          - global: true
profiles:
  name: sample
  mode: fizz
  duration: 1h
  compute:
    web:
      resources:
        cpu:
          units: 0.5
        memory:
          size: 128Mi
        storage:
          size: 1Gi
  placement:
    any:
      attributes:
        region: germany
      pricing:
        web:
          token: ETH
          amount: 0.5
deployment:
  web:
    any:
      profile: web
      count: 1
`;

export const PROVIDER = readFileSync(new URL("../../../examples/provider-web.yaml", import.meta.url), "utf8");

/** Values by path, such as `services.web.expose[0].port`; undefined removes the field. */
export type Changes = Readonly<Record<string, unknown>>;

/** The text of a manifest with some values replaced. */
export function withChanges(text: string, changes: Changes): string {
  const document = parseDocument(text);
  for (const [path, value] of Object.entries(changes)) {
    const steps = path.split(/[.[\]]+/).filter((step) => step !== "");
    const keys = steps.map((step) => (/^\d+$/.test(step) ? Number(step) : step));
    if (value === undefined) document.deleteIn(keys);
    else document.setIn(keys, document.createNode(value));
  }
  if (!isMap(document.contents) && !isSeq(document.contents)) throw new Error("not a manifest");
  return document.toString();
}

export function issuesOf(text: string): readonly ManifestIssue[] {
  const parsed = parseManifest(text);
  return parsed.ok ? parsed.warnings : parsed.issues;
}

/** `code path` of every problem, in order. */
export function problemsOf(text: string): string[] {
  return issuesOf(text).map((issue) => `${issue.code} ${issue.path}`);
}

export function accepted(text: string): Manifest {
  const parsed = parseManifest(text);
  if (!parsed.ok) throw new Error(parsed.issues.map((issue) => `${issue.path}: ${issue.message}`).join("\n"));
  return parsed.manifest;
}
