import { isMap, parseDocument, YAMLMap } from "yaml";
import { HELLO_IMAGE } from "../../scripts/lib/hello-image.ts";

const SMALL = { cpu: { units: "100m" }, memory: { size: "32Mi" }, storage: { size: "64Mi" } };

/**
 * A manifest that fits on one small machine without a registry: services, ports, environment, counts and prices stay,
 * images become the hello image with its own command, each replica gets little, and any region and bandwidth will do.
 */
export function standInFor(text: string): string {
  const document = parseDocument(text);
  for (const service of mapsAt(document.get("services"))) {
    service.set("image", HELLO_IMAGE);
    service.set("pull_policy", "IfNotPresent");
    for (const field of ["command", "args", "credentials"]) service.delete(field);
  }
  for (const profile of mapsAt(document.getIn(["profiles", "compute"])))
    profile.set("resources", document.createNode(SMALL));
  for (const placement of mapsAt(document.getIn(["profiles", "placement"]))) {
    const attributes = placement.get("attributes");
    if (isMap(attributes)) for (const name of ["region", "bandwidth"]) attributes.delete(name);
  }
  return document.toString();
}

function mapsAt(node: unknown): YAMLMap[] {
  if (!isMap(node)) throw new TypeError("The manifest has no such map.");
  return node.items.map(({ value }) => value).filter((value) => value instanceof YAMLMap);
}
