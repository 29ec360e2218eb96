import { type Spot } from "../spot.ts";

/** Where and how a service runs. */
export interface Placed {
  readonly spot: Spot;
  readonly placement: string;
  readonly profile: string;
  readonly count: Spot | undefined;
}

/** One placement for each service of `deployment`: all of them move to the first one that is named. */
export function readAssignments(root: Spot): Map<string, Placed> {
  const placed = new Map<string, Placed>();
  const services = root.find("services");
  const all = (root.find("deployment")?.entries() ?? []).filter(
    ({ name }) => services?.find(name) !== undefined,
  );
  const home = homeOf(all);
  for (const service of all) {
    const [first, ...others] = service
      .entries()
      .toSorted((left, right) => rank(left, home) - rank(right, home));
    if (first === undefined) continue;
    for (const other of others) reportSecond(other, first.name);
    if (first.name !== home) reportMoved(first, home);
    placed.set(service.name, {
      spot: first,
      placement: home,
      profile: first.find("profile")?.text ?? "",
      count: first.find("count"),
    });
  }
  reportUnused(root, placed);
  return placed;
}

function homeOf(services: readonly Spot[]): string {
  return services.flatMap((service) => service.entries())[0]?.name ?? "anywhere";
}

function rank(placement: Spot, home: string): number {
  return placement.name === home ? 0 : 1;
}

function reportSecond(placement: Spot, kept: string): void {
  placement.note("CONVERT_PLACEMENT_SEVERAL", {
    found: placement.name.slice(0, 80),
    done: `only ${kept.slice(0, 80)} is kept`,
    message: "One lease runs in one placement. Convert and deploy a second manifest for this one.",
  });
}

function reportMoved(placement: Spot, home: string): void {
  placement.note("CONVERT_PLACEMENT_SEVERAL", {
    found: placement.name.slice(0, 80),
    done: `moved to ${home.slice(0, 80)}`,
    message: "One lease runs in one placement: all services of the manifest run in the first one.",
  });
}

function reportUnused(root: Spot, placed: ReadonlyMap<string, Placed>): void {
  for (const service of root.find("services")?.entries() ?? [])
    if (!placed.has(service.name))
      service.note("CONVERT_FIELD_DROPPED", {
        found: service.name.slice(0, 80),
        done: "left out",
        message: "deployment does not name this service.",
      });
}
