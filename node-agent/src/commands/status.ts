import { type ResourceVector, unpackResources } from "@fizz/protocol/manifest";
import { toWire } from "@fizz/protocol/messages";
import { formatEther } from "viem";
import { DockerEngine } from "../containers/docker-engine.ts";
import { freeOf } from "../domain/resources.ts";
import { type LeaseRecord } from "../domain/lease-record.ts";
import { type ObservedContainer } from "../domain/observed.ts";
import { type NodeRecord } from "../ports.ts";
import { sandboxInitOf } from "./confinement.ts";
import { type CommandContext, type Identity, requireIdentity } from "./context.ts";
import { connectNodeChain } from "./node-view.ts";

const ENGINE_TIMEOUT_MS = 10_000;

interface Findings {
  readonly identity: Identity;
  readonly gas: bigint;
  readonly node: NodeRecord | undefined;
  readonly leases: readonly LeaseRecord[];
  /** Undefined when the engine does not answer. */
  readonly containers: readonly ObservedContainer[] | undefined;
}

/** What the chain and the engine say of this node. */
export async function status(context: CommandContext, asJson: boolean): Promise<number> {
  const findings = await find(context);
  const lines = asJson ? [jsonOf(findings)] : textLines(findings);
  for (const line of lines) context.print(line);
  return 0;
}

async function find(context: CommandContext): Promise<Findings> {
  const { config } = context;
  const identity = requireIdentity(config);
  const { chain, clients } = await connectNodeChain(context, identity);
  const node = await chain.node();
  const engine = new DockerEngine({
    host: config.DOCKER_HOST,
    node: identity.operator,
    sandbox: sandboxInitOf(config),
  });
  const snapshot = node === undefined ? undefined : await chain.snapshot(node.nodeId, []);
  return {
    identity,
    gas: await clients.client.getBalance({ address: identity.operator }),
    node,
    leases: [...(snapshot?.leases.values() ?? [])].flatMap(({ head }) =>
      head === undefined || head.state === "closed" ? [] : [head],
    ),
    containers: await engine.observe(AbortSignal.timeout(ENGINE_TIMEOUT_MS)).catch(() => undefined),
  };
}

function jsonOf({ identity, gas, node, leases, containers }: Findings): string {
  const { operator, peerId } = identity;
  return toWire({ operator, peerId, gas, node: node ?? null, leases, containers: containers ?? null });
}

function textLines({ identity, gas, node, leases, containers }: Findings): string[] {
  return [
    `Operator   ${identity.operator} (${formatEther(gas)} ETH for gas)`,
    `Peer id    ${identity.peerId}`,
    ...nodeLines(node),
    ...leases.map(
      ({ lid, state, version, tenant }) =>
        `Lease ${lid.toString().padEnd(5)}${state}, version ${version}, tenant ${tenant}`,
    ),
    ...(containers === undefined ? ["Engine     does not answer"] : []),
    ...(containers ?? []).map((container) => `Container  ${lineOf(container)}`),
  ];
}

function nodeLines(node: NodeRecord | undefined): string[] {
  if (node === undefined) return ["Node       not registered; run: npm run node -- register"];
  const total = unpackResources(node.resources);
  return [
    `Node       ${node.nodeId}, ${node.mode}, ${node.status}, region ${node.region}, owner ${node.owner}`,
    `Offers     ${textOf(total)}; free: ${textOf(freeOf(total, unpackResources(node.used)))}`,
  ];
}

function lineOf({ lid, service, replica, state }: ObservedContainer): string {
  return `lease ${lid?.toString() ?? "?"} ${service}/${replica} ${state}`;
}

function textOf(vector: ResourceVector): string {
  const gpus = vector.gpuUnits > 0 ? `, ${vector.gpuUnits} GPU` : "";
  return `${vector.milliCpu / 1_000} CPU, ${vector.memoryMiB} MiB, ${vector.storageGiB} GiB disk${gpus}`;
}
