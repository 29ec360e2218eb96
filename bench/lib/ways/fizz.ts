import { type Cleanup } from "../../../scripts/lib/cleanup.ts";
import { startFizzWorld } from "../fizz-world.ts";
import { type Origins, ORIGINS } from "../origins.ts";
import { type BenchContext } from "../run-process.ts";
import { type Way } from "./way.ts";

/** A gateway and a node's agent, with two leases of the same containers. */
export async function startFizz(origins: Origins, context: BenchContext, cleanup: Cleanup): Promise<Way> {
  const ports = ORIGINS.map((name) => origins[name]);
  const [first = [], second = []] = await startFizzWorld([ports, ports], context, cleanup);
  return { name: "fizz", ports: toOrigins(first), otherPorts: toOrigins(second) };
}

function toOrigins([bulk = 0, http = 0, echo = 0]: readonly number[]): Origins {
  return { bulk, http, echo };
}
