import { isMap, isSeq, type ParsedNode } from "yaml";
import { flattenExpose } from "./derive.ts";
import { type Path, type PathStep, type Span } from "./issue.ts";
import { spanOf } from "./place.ts";
import { type Manifest } from "./types.ts";
import { keyName } from "./yaml-inspect.ts";
import { type YamlSource } from "./yaml-source.ts";

const OTHER_SPELLINGS: Readonly<Record<string, string>> = {
  region_exclude: "exclude_region",
  provider_exclude: "exclude_provider",
  fizz_exclude: "exclude_fizz",
};

/** Where a path stands in the text: its value, or the nearest thing around it that is there. */
export function locate(source: YamlSource, path: Path): Span {
  let node = source.resolve(source.root);
  let span: Span = { start: 0, end: 0 };
  for (const step of path) {
    const next = childOf(node, step);
    if (next === undefined) return span;
    span = next.span;
    node = source.resolve(next.node);
  }
  return span;
}

interface Child {
  readonly node: ParsedNode | null;
  readonly span: Span;
}

function childOf(node: ParsedNode | null, step: PathStep): Child | undefined {
  if (isSeq(node) && typeof step === "number") {
    const item = node.items[step];
    return item === undefined ? undefined : { node: item, span: spanOf(item) };
  }
  if (!isMap(node)) return undefined;
  const names = [step, OTHER_SPELLINGS[step]];
  const pair = node.items.find(({ key }) => names.includes(keyName(key)));
  if (pair === undefined) return undefined;
  // A whole map underlined helps nobody: its key is enough.
  const isBlock = pair.value === null || isMap(pair.value) || isSeq(pair.value);
  return { node: pair.value, span: spanOf(isBlock ? pair.key : pair.value) };
}

/** Rules over an open part name services; the manifest keeps resources and attributes elsewhere. */
export function manifestPathOf(manifest: Manifest, path: Path): Path {
  const [head, name, section, ...rest] = path;
  if (head === "placement") {
    const placement = manifest.deployment[0]?.placement ?? "";
    return ["profiles", "placement", placement, "attributes", ...path.slice(1)];
  }
  if (head !== "services" || typeof name !== "string") return path;
  if (section === "resources") {
    const profile = manifest.deployment.find((entry) => entry.service === name)?.profile ?? "";
    return ["profiles", "compute", profile, "resources", ...rest];
  }
  return section === "expose" ? exposePathOf(manifest, name, rest) : path;
}

function exposePathOf(manifest: Manifest, service: string, rest: Path): Path {
  const [index, field, ...deeper] = rest;
  const runs = flattenExpose(manifest.services.find((entry) => entry.name === service)?.expose ?? []);
  const run = typeof index === "number" ? runs[index] : undefined;
  if (run === undefined) return ["services", service, "expose", ...rest];
  const path: PathStep[] = ["services", service, "expose", run.index];
  if (field === "port") path.push(run.source === "range" ? "port_range" : "port");
  else if (field === "as") path.push(run.source === "range" ? "port_range_as" : "as");
  else if (field !== undefined) path.push(field);
  return [...path, ...deeper];
}
