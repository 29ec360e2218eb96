import { type Hex } from "viem";
import { NODE_FLAGS } from "../../scripts/lib/bundle.ts";
import { type Cleanup } from "../../scripts/lib/cleanup.ts";
import { type Daemon } from "../../scripts/lib/spawn-daemon.ts";
import { testKey } from "../../test/relayer/support/builders.ts";
import { type AgentFacts, type GatewayFacts, type GatewayPlan, type ServedNode } from "./processes/plans.ts";
import { type BenchContext, runProcess } from "./run-process.ts";

const FIRST_KEY_BYTE = 0x11;
const FIRST_HASH_BYTE = 0xa1;

/**
 * Nodes with a lease for each list of container ports.
 *
 * @param ports By node, by lease.
 */
export function planNodes(ports: readonly (readonly (readonly number[])[])[]): ServedNode[] {
  let lids = 0;
  return ports.map((leases, index) => ({
    nodeId: index + 1,
    key: testKey(FIRST_KEY_BYTE + index),
    leases: leases.map((containers) => {
      const leaseHash: Hex = testKey(FIRST_HASH_BYTE + lids);
      lids += 1;
      return { lid: lids, leaseHash, ports: containers };
    }),
  }));
}

interface GatewaySettings extends Pick<GatewayPlan, "routingFolder"> {
  /** Settings of Node; those that a gateway is run with when it is not said. */
  readonly nodeArgs?: readonly string[];
}

/** A gateway process that waits for these nodes. */
export async function startGateway(
  nodes: readonly ServedNode[],
  context: BenchContext,
  { nodeArgs = NODE_FLAGS.relayer, ...rest }: GatewaySettings = {},
): Promise<{ readonly daemon: Daemon; readonly facts: GatewayFacts }> {
  const plans = nodes.map(({ leases, ...node }) => ({
    ...node,
    leases: leases.map(({ lid, leaseHash }) => ({ lid, leaseHash })),
  }));
  const { daemon, facts } = await runProcess(
    { file: "gateway.ts", args: [{ nodes: plans, ...rest }], nodeArgs },
    context,
  );
  return { daemon, facts: facts as GatewayFacts };
}

/** The agent process of a node, with its doors open. */
export async function startAgent(
  { gateway, node }: { readonly gateway: GatewayFacts; readonly node: ServedNode },
  context: BenchContext,
  nodeArgs: readonly string[] = NODE_FLAGS["node-agent"],
): Promise<{ readonly daemon: Daemon; readonly facts: AgentFacts }> {
  const { daemon, facts } = await runProcess(
    { file: "agent.ts", args: [{ gateway, node }], nodeArgs },
    context,
  );
  return { daemon, facts: facts as AgentFacts };
}

/**
 * A gateway and one node, with a lease for each list of container ports.
 *
 * @returns The public ports, by lease.
 */
export async function startFizzWorld(
  leases: readonly (readonly number[])[],
  context: BenchContext,
  cleanup: Cleanup,
): Promise<readonly (readonly number[])[]> {
  const nodes = planNodes([leases]);
  const gateway = await startGateway(nodes, context);
  cleanup.use("gateway", gateway.daemon);
  const publicPorts: (readonly number[])[] = [];
  for (const node of nodes) {
    const agent = await startAgent({ gateway: gateway.facts, node }, context);
    cleanup.use("agent", agent.daemon);
    publicPorts.push(...agent.facts.publicPorts);
  }
  return publicPorts;
}
