import { type ResourceVector, unpackResources } from "@fizz/protocol/manifest";
import {
  diskMethodOf,
  fromWire,
  type NodeEntry,
  nodesDeltaSchema,
  nodesSnapshotSchema,
} from "@fizz/protocol/messages";
import { gpuModelOf, performanceTierOf } from "@fizz/protocol/tiers";
import { capacityText } from "./capacity-text.ts";
import type { NodeRow, NodeState, NodesNews } from "./node-row.ts";

/**
 * Reads an event of GET /v1/nodes/stream.
 *
 * @throws ProtocolError INPUT_INVALID; SyntaxError when it is not JSON
 */
export function readNodes(kind: NodesNews["kind"], text: string): NodesNews {
  const data: unknown = JSON.parse(text);
  if (kind === "snapshot") {
    const { begin, end, nodes } = fromWire(nodesSnapshotSchema, data);
    return { kind, begin, end, nodes: nodes.map(toNodeRow) };
  }
  const { nodes, removed } = fromWire(nodesDeltaSchema, data);
  return { kind, nodes: nodes.map(toNodeRow), removed: removed.map(String) };
}

function toNodeRow(entry: NodeEntry): NodeRow {
  const total = unpackResources(entry.total);
  return {
    nodeId: entry.nodeId.toString(),
    operator: entry.operator,
    mode: entry.mode,
    region: entry.region === "" ? "unknown" : entry.region,
    cpuTier: performanceTierOf(entry.cpuTier)?.name ?? "not rated",
    cpuTierRank: entry.cpuTier,
    gpu: gpuText(total),
    cpuPerHour: entry.offer.prices.cpuPerHour,
    memoryGiBPerHour: entry.offer.prices.memoryGiBPerHour,
    free: unpackResources(entry.free),
    total,
    disk: diskMethodOf(entry.offer),
    state: stateOf(entry),
    uptimeBps: entry.uptimeBps,
    capacity: capacityText(entry.rounds),
    convictions: entry.rounds?.convicted?.count ?? 0,
    stale: entry.stale,
    lastSeenAt: entry.lastSeenAt,
  };
}

function stateOf(entry: NodeEntry): NodeState {
  if (!entry.online) return "offline";
  return entry.acceptsOrders ? "online" : "busy";
}

function gpuText(total: ResourceVector): string {
  if (total.gpuUnits === 0) return "none";
  const model = gpuModelOf(total.gpuModel)?.title ?? "GPU";
  return total.gpuUnits === 1 ? model : `${total.gpuUnits} × ${model}`;
}
