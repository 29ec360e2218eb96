import { type Cleanup } from "../../scripts/lib/cleanup.ts";
import { testKey } from "../../test/relayer/support/builders.ts";
import { type AgentFacts, type GatewayFacts } from "./processes/plans.ts";
import { type BenchContext, runProcess } from "./run-process.ts";

const NODE = { nodeId: 1, key: testKey(0x11) };
const FIRST_HASH_BYTE = 0xa1;

/** A gateway and a node's agent, each a process of its own. */
export interface FizzWorld {
  /** By lease, in the order of the containers. */
  readonly publicPorts: readonly (readonly number[])[];
  /** Where each process tells its figures. */
  readonly figuresPorts: { readonly gateway: number; readonly agent: number };
}

/**
 * Starts them with a lease for each list of container ports.
 *
 * @param nodeArgs Settings of Node for both.
 */
export async function startFizzWorld(
  { leases, nodeArgs = [] }: { leases: readonly (readonly number[])[]; nodeArgs?: readonly string[] },
  context: BenchContext,
  cleanup: Cleanup,
): Promise<FizzWorld> {
  const plans = leases.map((ports, index) => {
    return { lid: index + 1, leaseHash: testKey(FIRST_HASH_BYTE + index), ports };
  });
  const plan = { nodes: [{ ...NODE, leases: plans.map(({ lid, leaseHash }) => ({ lid, leaseHash })) }] };
  const gateway = await runProcess({ file: "gateway.ts", args: [plan], nodeArgs }, context);
  cleanup.use("gateway", gateway.daemon);
  const facts = gateway.facts as GatewayFacts;
  const agent = await runProcess(
    { file: "agent.ts", args: [{ gateway: facts, node: { ...NODE, leases: plans } }], nodeArgs },
    context,
  );
  cleanup.use("agent", agent.daemon);
  const { publicPorts, figuresPort } = agent.facts as AgentFacts;
  return { publicPorts, figuresPorts: { gateway: facts.figuresPort, agent: figuresPort } };
}
