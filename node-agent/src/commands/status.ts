import { resourcesText, unpackResources } from "@fizz/protocol/manifest";
import { toWire } from "@fizz/protocol/messages";
import { formatEther } from "viem";
import { openEngine } from "../app-engine.ts";
import { SwarmClient } from "../containers/swarm/swarm-client.ts";
import { type SwarmNode } from "../containers/swarm/swarm-facts.ts";
import { freeOf } from "../domain/resources.ts";
import { type LeaseRecord } from "../domain/lease-record.ts";
import { type ObservedContainer } from "../domain/observed.ts";
import { type Measurement } from "../domain/measurement.ts";
import { type AgentStatus } from "../owner-ports.ts";
import { type NodeRecord } from "../ports.ts";
import { capOf } from "../share-of-machine.ts";
import { findMeasurement } from "../store/kept-measurement.ts";
import { findAgent } from "./ask-agent.ts";
import { engineChoiceOf } from "./confinement.ts";
import { type CommandContext, type Identity, requireIdentity } from "./context.ts";
import { earningsOf, type TokenRow } from "./earnings-view.ts";
import { earningsLine } from "./earnings.ts";
import { connectNodeChain } from "./node-view.ts";
import { agentLines } from "./print-agent.ts";
import { capacityLines } from "./print-capacity.ts";
import { machineLine } from "./require-machines.ts";

const ENGINE_TIMEOUT_MS = 10_000;

interface Findings {
  readonly identity: Identity;
  readonly gas: bigint;
  readonly node: NodeRecord | undefined;
  readonly leases: readonly LeaseRecord[];
  /** Undefined when the engine does not answer. */
  readonly containers: readonly ObservedContainer[] | undefined;
  /** Of a swarm; undefined of one machine, or when the swarm does not answer. */
  readonly machines: readonly SwarmNode[] | undefined;
  /** Undefined when no agent runs on this data folder. */
  readonly agent: AgentStatus | undefined;
  /** What of the registered resources may be leased, by the settings of this command; undefined for all of it. */
  readonly cap: ReturnType<typeof capOf>;
  /** Undefined when nothing was measured on this data folder. */
  readonly measured: Measurement | undefined;
  /** What the node earns, by token; undefined when it is not registered, or the chain did not tell. */
  readonly earned: readonly TokenRow[] | undefined;
}

/** What the chain, the engine and the running agent say of this node. */
export async function status(context: CommandContext, asJson: boolean): Promise<number> {
  const findings = await find(context);
  const lines = asJson ? [jsonOf(findings)] : textLines(findings);
  for (const line of lines) context.print(line);
  return 0;
}

async function find(context: CommandContext): Promise<Findings> {
  const { config } = context;
  const identity = await requireIdentity(context);
  const view = await connectNodeChain(context, identity);
  const { chain, clients } = view;
  const node = await chain.node();
  const engine = openEngine(engineChoiceOf(config), identity.operator);
  const snapshot = node === undefined ? undefined : await chain.snapshot(node.nodeId, []);
  return {
    identity,
    gas: await clients.client.getBalance({ address: identity.operator }),
    node,
    leases: [...(snapshot?.leases.values() ?? [])].flatMap(({ head }) =>
      head === undefined || head.state === "closed" ? [] : [head],
    ),
    containers: await engine.observe(AbortSignal.timeout(ENGINE_TIMEOUT_MS)).catch(() => undefined),
    machines: await findMachines(context),
    agent: await findAgent(config.FIZZ_NODE_DATA_DIR),
    cap: capOf(config),
    measured: findMeasurement(config.FIZZ_NODE_DATA_DIR),
    earned:
      node === undefined || snapshot === undefined
        ? undefined
        : await earningsOf({ identity, view, node }, snapshot)
            .then(({ tokens }) => tokens)
            .catch(() => undefined),
  };
}

async function findMachines({ config }: CommandContext): Promise<readonly SwarmNode[] | undefined> {
  if (config.FIZZ_NODE_ENGINE !== "swarm") return undefined;
  const client = new SwarmClient(config.DOCKER_HOST, "", config.FIZZ_NODE_SWARM_ENGINES);
  return await client.nodes(AbortSignal.timeout(ENGINE_TIMEOUT_MS)).catch(() => undefined);
}

function jsonOf(findings: Findings): string {
  const { identity, gas, node, leases, containers, machines, agent, cap, measured, earned } = findings;
  const { operator, peerId } = identity;
  const rest = {
    containers: containers ?? null,
    machines: machines ?? null,
    agent: agent ?? null,
    measured: measured ?? null,
    earned: earned ?? null,
  };
  const lent = node === undefined || cap === undefined ? null : cap(unpackResources(node.resources));
  return toWire({ operator, peerId, gas, node: node ?? null, lent, leases, ...rest });
}

function textLines(findings: Findings): string[] {
  const { identity, gas, node, leases, containers, machines, agent, cap, measured, earned } = findings;
  return [
    `Operator   ${identity.operator} (${formatEther(gas)} ETH for gas)`,
    `Peer id    ${identity.peerId}`,
    ...nodeLines(node, cap),
    ...capacityLines(measured, node, Date.now()),
    ...(earned ?? []).map(earningsLine),
    ...leases.map(
      ({ lid, state, version, tenant }) =>
        `Lease ${lid.toString().padEnd(5)}${state}, version ${version}, tenant ${tenant}`,
    ),
    ...(containers === undefined ? ["Engine     does not answer"] : []),
    ...(machines ?? []).map((machine) => `Machine    ${machineLine(machine)}`),
    ...(containers ?? []).map((container) => `Container  ${lineOf(container)}`),
    ...agentLines(agent, Date.now()),
  ];
}

function nodeLines(node: NodeRecord | undefined, cap: Findings["cap"]): string[] {
  if (node === undefined) return ["Node       not registered; run: npm run node -- register"];
  const total = unpackResources(node.resources);
  const used = unpackResources(node.used);
  const lent = cap?.(total) ?? total;
  return [
    `Node       ${node.nodeId}, ${node.mode}, ${node.status}, region ${node.region}, owner ${node.owner}`,
    `Offers     ${resourcesText(total)}`,
    ...(cap === undefined ? [] : [`Lent       at most ${resourcesText(lent)}, by FIZZ_NODE_SHARE_*`]),
    `Leased     ${resourcesText(used)}`,
    `Free       ${resourcesText(freeOf(lent, used))}`,
  ];
}

function lineOf({ lid, service, replica, state }: ObservedContainer): string {
  return `lease ${lid?.toString() ?? "?"} ${service}/${replica} ${state}`;
}
