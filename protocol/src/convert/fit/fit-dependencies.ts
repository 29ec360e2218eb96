import { type DraftService } from "../draft.ts";

/** Leaves out dependencies on nobody, on oneself and those that close a circle. */
export function fitDependencies(services: readonly DraftService[]): DraftService[] {
  const kept = new Map<string, string[]>();
  for (const { name, dependencies, spot } of services) {
    const mine: string[] = [];
    kept.set(name, mine);
    for (const other of dependencies) {
      const why = whyNot(name, other, { services, kept });
      if (why === undefined) mine.push(other);
      else spot.note("CONVERT_DEPENDENCY", { found: other.slice(0, 80), done: "left out", message: why });
    }
  }
  return services.map((service) => ({ ...service, dependencies: kept.get(service.name) ?? [] }));
}

function whyNot(
  name: string,
  other: string,
  { services, kept }: { services: readonly DraftService[]; kept: ReadonlyMap<string, readonly string[]> },
): string | undefined {
  if (other === name) return "A service cannot wait for itself.";
  if (!services.some((service) => service.name === other)) return "No service of the manifest has this name.";
  return leadsTo(other, name, kept) ? "These services wait for each other in a circle." : undefined;
}

function leadsTo(from: string, goal: string, edges: ReadonlyMap<string, readonly string[]>): boolean {
  const seen = new Set<string>();
  const open = [from];
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    if (name === goal) return true;
    if (seen.has(name)) continue;
    seen.add(name);
    open.push(...(edges.get(name) ?? []));
  }
  return false;
}
