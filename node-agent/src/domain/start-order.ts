import { type ContainerSpec } from "./workload.ts";

/** One container of a plan, and whether anything is left to do until it is up. */
export interface Upcoming {
  readonly spec: Pick<ContainerSpec, "service" | "dependencies">;
  readonly isUp: boolean;
}

/**
 * Services that must not start yet: one that they depend on is not up, with all of its replicas. A service that is not
 * among these does not hold anybody up: an update leaves it as it is.
 */
export function heldServices(containers: readonly Upcoming[]): ReadonlySet<string> {
  const missing = new Set(containers.filter(({ isUp }) => !isUp).map(({ spec }) => spec.service));
  const held = containers.filter(({ spec }) => spec.dependencies.some((name) => missing.has(name)));
  return new Set(held.map(({ spec }) => spec.service));
}

/**
 * Containers in the order in which they end, those of one service together: dependents before what they depend on, and
 * before all of them what the manifest does not know (any more).
 *
 * @param services In the order in which they start.
 */
export function inStopOrder<Container extends { readonly service: string }>(
  containers: readonly Container[],
  services: readonly string[],
): Container[][] {
  const known = [...new Set(services)].toReversed();
  const unknown = containers.filter(({ service }) => !known.includes(service));
  const groups = known.map((name) => containers.filter(({ service }) => service === name));
  return [unknown, ...groups].filter((group) => group.length > 0);
}
