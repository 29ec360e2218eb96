import { MAX_SERVICES } from "../manifest/limits.ts";
import { freeName, serviceNameFrom } from "./names.ts";
import { type Spot } from "./spot.ts";

/** A name for each service that a manifest allows, by its name in the source. */
export function nameServices(services: readonly Spot[]): Map<string, string> {
  const names = new Map<string, string>();
  // Names that stay as they are come first, so that a changed one gives way.
  const kept = services.filter((service) => serviceNameFrom(service.name) === service.name);
  const taken = new Map<string, true>(kept.map(({ name }) => [name, true]));
  for (const service of services) {
    const isKept = kept.includes(service);
    const name = isKept ? service.name : freeName(serviceNameFrom(service.name), taken);
    taken.set(name, true);
    names.set(service.name, name);
    if (!isKept) reportRenamed(service, name);
  }
  return names;
}

function reportRenamed(service: Spot, name: string): void {
  service.note("CONVERT_NAME_CHANGED", {
    found: service.name.slice(0, 80),
    done: name,
    message: `Service names are lower case letters, digits and hyphens. Other services reach it as "${name}": change what names it in env and args.`,
  });
}

/** Says that there are too many services; none is converted. */
export function reportTooMany(root: Spot, count: number): [] {
  root.fail("CONVERT_TOO_MANY", {
    found: `${count} services`,
    done: "nothing is converted",
    message: `A manifest has at most ${MAX_SERVICES} services. Split the file.`,
  });
  return [];
}
