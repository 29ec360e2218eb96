import {
  acceptedGpuModels,
  type OpenPart,
  publicEndpointsOf,
  type ResourceVector,
  resourcesOf,
  unpackResources,
} from "@fizz/protocol/manifest";
import { findShortages, type RefusalCode, refusalCodes } from "@fizz/protocol/scores";
import { type Address } from "viem";
import { type DoorRouter, type GatewayIdentity, type NodeFacts, type NodeView } from "../ports.ts";

export interface Verdict {
  readonly code: RefusalCode;
  readonly message: string;
}

export interface ScreenedOrder {
  readonly openPart: OpenPart;
  readonly token: Address;
  /** An update of a lease of this node: what the lease holds counts as free, so the node itself decides. */
  readonly isUpdate: boolean;
  /** Public ports that the gateway has left. */
  readonly freeDoors: number;
  /** What it reaches by host name takes no port. */
  readonly router: Pick<DoorRouter, "serves" | "isReserved">;
}

/** Trust tier of a node about which nothing is proven yet; 7 is the lowest. */
const UNPROVEN_TIER = 7;

/** Why a node cannot take an order; undefined when it may be asked. */
export function screenNode(
  node: NodeView,
  order: ScreenedOrder,
  gateway: GatewayIdentity,
): Verdict | undefined {
  return (
    screenDoors(order) ??
    screenStanding(node, gateway) ??
    screenPlacement(node, order) ??
    screenCapacity(node, order)
  );
}

/** What a lease of this order reserves on a node. */
export function resourcesOn(openPart: OpenPart, node: NodeView): ResourceVector {
  return resourcesOf(openPart, unpackResources(node.facts.total).gpuModel);
}

/** What the node has free: by its own word, and never more than the chain leaves of what it registered. */
export function freeOn({ facts, offer }: NodeView): ResourceVector {
  const total = unpackResources(facts.total);
  const used = unpackResources(facts.used);
  const free = unpackResources(offer.free);
  return {
    milliCpu: Math.min(free.milliCpu, total.milliCpu - used.milliCpu),
    memoryMiB: Math.min(free.memoryMiB, total.memoryMiB - used.memoryMiB),
    storageGiB: Math.min(free.storageGiB, total.storageGiB - used.storageGiB),
    gpuUnits: Math.min(free.gpuUnits, total.gpuUnits - used.gpuUnits),
    gpuModel: total.gpuModel,
  };
}

function screenDoors({ openPart, isUpdate, freeDoors, router }: ScreenedOrder): Verdict | undefined {
  const all = publicEndpointsOf(openPart);
  const reserved = all.flatMap(({ accept }) => accept).find((name) => router.isReserved(name));
  if (reserved !== undefined) return verdict("gateway.host", `${reserved} is a name of the gateway.`);
  const endpoints = all.filter(({ scheme }) => scheme === null || !router.serves(scheme));
  if (isUpdate || endpoints.length <= freeDoors) return undefined;
  return verdict("gateway.ports", `The order wants ${endpoints.length} public ports, ${freeDoors} are free.`);
}

function screenStanding({ facts, online }: NodeView, gateway: GatewayIdentity): Verdict | undefined {
  if (!online) return verdict("node.offline");
  if (facts.status !== "active") return verdict("node.inactive", `The node is ${facts.status} on chain.`);
  if (!facts.joined) return verdict("node.inactive", "The node left this subnet.");
  if (facts.acceptedCutBps >= gateway.subnetCutBps) return undefined;
  const message = `The subnet takes ${gateway.subnetCutBps / 100} %, the node accepts ${facts.acceptedCutBps / 100} %.`;
  return verdict("node.inactive", message);
}

function screenPlacement(
  { facts, offer }: NodeView,
  { openPart, token }: ScreenedOrder,
): Verdict | undefined {
  const { mode, tiers, placement } = openPart;
  if (facts.mode !== mode) return verdict("placement.mode", `The node is a ${facts.mode} node.`);
  const { regions, excludedRegions } = placement;
  if ((regions.length > 0 && !regions.includes(facts.region)) || excludedRegions.includes(facts.region))
    return verdict("placement.region", `The node is in "${facts.region}".`);
  if (!isWanted(facts, openPart)) return verdict("placement.node");
  if (tiers.length > 0 && !tiers.includes(UNPROVEN_TIER))
    return verdict(
      "placement.tier",
      `Nothing about the node is proven yet: its trust tier is ${UNPROVEN_TIER}.`,
    );
  if (offer.prices.token.toLowerCase() !== token.toLowerCase())
    return verdict("price.token", `The node is paid in ${offer.prices.token}.`);
  return undefined;
}

function isWanted(facts: NodeFacts, { mode, placement }: OpenPart): boolean {
  const excluded = mode === "fizz" ? placement.excludedFizz : placement.excludedProviders;
  const desired = mode === "fizz" ? placement.desiredFizz : placement.desiredProviders;
  const names = [facts.nodeId.toString(), facts.operator.toLowerCase(), facts.owner.toLowerCase()];
  if (names.some((name) => excluded.includes(name))) return false;
  return desired.length === 0 || names.some((name) => desired.includes(name));
}

function screenCapacity(node: NodeView, { openPart, isUpdate }: ScreenedOrder): Verdict | undefined {
  const { facts, offer } = node;
  const wanted = resourcesOn(openPart, node);
  const free = isUpdate ? unpackResources(facts.total) : freeOn(node);
  const shortage = findShortages(wanted, free, acceptedGpuModels(openPart))[0];
  if (shortage !== undefined) return verdict(shortage);
  if (isUpdate) return undefined;
  if (!offer.acceptsOrders) return verdict("node.paused");
  if (offer.leases >= offer.maxLeases)
    return verdict("node.leases", `The node serves ${offer.leases} leases.`);
  return undefined;
}

function verdict(code: RefusalCode, message: string = refusalCodes[code]): Verdict {
  return { code, message };
}
