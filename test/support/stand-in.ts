import { type Document, isMap, isSeq, parseDocument, YAMLMap } from "yaml";
import { HELLO_IMAGE } from "../../scripts/lib/hello-image.ts";

const SMALL = { cpu: { units: "50m" }, memory: { size: "32Mi" } };
const SMALL_DISK = "64Mi";

/**
 * A manifest that fits on one small machine without a registry: services, ports, environment, counts and prices stay,
 * images become the hello image with its own command, each replica and each of its volumes gets little, and any region,
 * tier and bandwidth will do.
 */
export function standInFor(text: string): string {
  const document = parseDocument(text);
  for (const service of mapsAt(document.get("services"))) {
    service.set("image", HELLO_IMAGE);
    service.set("pull_policy", "IfNotPresent");
    for (const field of ["command", "args", "credentials"]) service.delete(field);
  }
  for (const profile of mapsAt(document.getIn(["profiles", "compute"]))) shrink(document, profile);
  document.deleteIn(["profiles", "tier"]);
  for (const placement of mapsAt(document.getIn(["profiles", "placement"]))) {
    const attributes = placement.get("attributes");
    if (isMap(attributes)) for (const name of ["region", "bandwidth"]) attributes.delete(name);
  }
  return document.toString();
}

function shrink(document: Document, profile: YAMLMap): void {
  const storage = profile.getIn(["resources", "storage"]);
  if (isSeq(storage)) for (const volume of storage.items) (volume as YAMLMap).set("size", SMALL_DISK);
  const disk = isSeq(storage) ? storage : document.createNode({ size: SMALL_DISK });
  profile.set("resources", document.createNode({ ...SMALL, storage: disk }));
}

function mapsAt(node: unknown): YAMLMap[] {
  if (!isMap(node)) throw new TypeError("The manifest has no such map.");
  return node.items.map(({ value }) => value).filter((value) => value instanceof YAMLMap);
}
