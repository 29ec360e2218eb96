import { type Hex } from "viem";
import { type Cleanup } from "../../../scripts/lib/cleanup.ts";
import { testKey } from "../../../test/relayer/support/builders.ts";
import { type Origins, ORIGINS } from "../origins.ts";
import { type AgentFacts, type GatewayFacts } from "../processes/plans.ts";
import { type BenchContext, runProcess } from "../run-process.ts";
import { type Way } from "./way.ts";

const NODE = { nodeId: 1, key: testKey(0x11) };
const leaseHash = (lid: number): Hex => testKey(0xa0 + lid);

/** A gateway and a node's agent, with two leases of the same containers. */
export async function startFizz(origins: Origins, context: BenchContext, cleanup: Cleanup): Promise<Way> {
  const leases = [1, 2].map((lid) => ({ lid, leaseHash: leaseHash(lid) }));
  const gateway = await runProcess({ file: "gateway.ts", args: [[{ ...NODE, leases }]] }, context);
  cleanup.use("gateway", gateway.daemon);
  const ports = ORIGINS.map((name) => origins[name]);
  const node = { ...NODE, leases: leases.map((lease) => ({ ...lease, ports })) };
  const agent = await runProcess(
    { file: "agent.ts", args: [{ gateway: gateway.facts as GatewayFacts, node }] },
    context,
  );
  cleanup.use("agent", agent.daemon);
  const { publicPorts } = agent.facts as AgentFacts;
  const [first = [], second = []] = publicPorts;
  return { name: "fizz", ports: toOrigins(first), otherPorts: toOrigins(second) };
}

function toOrigins([bulk = 0, http = 0, echo = 0]: readonly number[]): Origins {
  return { bulk, http, echo };
}
