import { type Base } from "./app-base.ts";
import { DockerLeftovers } from "./containers/docker-leftovers.ts";
import { LeftoverWatch } from "./leases/leftover-watch.ts";
import { systemClock as clock } from "./system-clock.ts";

/** What looks for things of leases that nobody looks after. Of a swarm it sees what its manager lists. */
export function createLeftoverWatch({ chain, store, log }: Base, dockerHost: string): LeftoverWatch {
  const leftovers = new DockerLeftovers({ host: dockerHost, node: chain.operator });
  return new LeftoverWatch({ leftovers, store, clock, log: log.child({ part: "leases" }) });
}
