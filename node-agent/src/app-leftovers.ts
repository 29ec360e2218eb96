import { type Base } from "./app-base.ts";
import { type EngineChoice } from "./app-engine.ts";
import { DockerLeftovers } from "./containers/docker-leftovers.ts";
import { SwarmLeftovers } from "./containers/swarm/swarm-leftovers.ts";
import { LeftoverWatch } from "./leases/leftover-watch.ts";
import { systemClock as clock } from "./system-clock.ts";

/** What looks for things of leases that nobody looks after. */
export function createLeftoverWatch(
  { chain, store, log }: Base,
  { dockerHost: host, swarm }: Pick<EngineChoice, "dockerHost" | "swarm">,
): LeftoverWatch {
  const own = { host, node: chain.operator };
  const leftovers =
    swarm === undefined ? new DockerLeftovers(own) : new SwarmLeftovers({ ...own, engines: swarm.engines });
  return new LeftoverWatch({ leftovers, store, clock, log: log.child({ part: "leases" }) });
}
