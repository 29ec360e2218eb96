import {
  acceptedGpuModels,
  type OpenPart,
  publicEndpointsOf,
  type ResourceVector,
  resourcesOf,
  unpackResources,
} from "@fizz/protocol/manifest";
import {
  findGatewayMisfit,
  findMachineMisfits,
  findMisplacements,
  findShortages,
  findTierMisfit,
  reason,
  type Reason,
} from "@fizz/protocol/scores";
import { type Address } from "viem";
import { type DoorRouter, type GatewayIdentity, type NodeView } from "../ports.ts";

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

export interface ScreeningGateway extends GatewayIdentity {
  readonly operator: Address;
}

/** Trust tier of a node about which nothing is proven yet; 7 is the lowest. */
const UNPROVEN_TIER = 7;
const BPS_PER_PERCENT = 100;

/** Everything that keeps a node from an order; none when it may be asked. Of a node that is away no more is known. */
export function screenNode(node: NodeView, order: ScreenedOrder, gateway: ScreeningGateway): Reason[] {
  const ofGateway = [...screenDoors(order), ...findGatewayMisfit(order.openPart, gateway)];
  if (!node.online) return [...ofGateway, reason("node.offline")];
  return [
    ...ofGateway,
    ...screenStanding(node, gateway),
    ...screenPlacement(node, order),
    ...screenCapacity(node, order),
  ];
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

function screenDoors({ openPart, isUpdate, freeDoors, router }: ScreenedOrder): Reason[] {
  const reasons: Reason[] = [];
  const all = publicEndpointsOf(openPart);
  const reserved = all.flatMap(({ accept }) => accept).find((name) => router.isReserved(name));
  if (reserved !== undefined) reasons.push(reason("gateway.host", `${reserved} is a name of the gateway`));
  const needs = all.filter(({ scheme }) => scheme === null || !router.serves(scheme)).length;
  if (isUpdate || needs <= freeDoors) return reasons;
  const message = `needs ${needs} public ports, the gateway has ${freeDoors} free`;
  return [...reasons, reason("gateway.ports", message, { needs, has: freeDoors, unit: "port" })];
}

function screenStanding({ facts }: NodeView, gateway: GatewayIdentity): Reason[] {
  const reasons: Reason[] = [];
  const inactive = (
    message: string,
    needs: string | number,
    rest: { has: string | number; unit: string },
  ): void => void reasons.push(reason("node.inactive", message, { needs, ...rest }));
  if (facts.status !== "active")
    inactive(`the node is ${facts.status} on chain`, "active", { has: facts.status, unit: "status" });
  if (!facts.joined) inactive("the node left this subnet", gateway.subnetId, { has: "none", unit: "subnet" });
  else if (facts.acceptedCutBps < gateway.subnetCutBps) {
    const [taken, accepted] = [gateway.subnetCutBps, facts.acceptedCutBps];
    const message = `the subnet takes ${taken / BPS_PER_PERCENT} %, the node accepts ${accepted / BPS_PER_PERCENT} %`;
    inactive(message, taken, { has: accepted, unit: "bps" });
  }
  return reasons;
}

function screenPlacement({ facts, offer }: NodeView, { openPart, token }: ScreenedOrder): Reason[] {
  const { machine, prices } = offer;
  const { gpuModel } = unpackResources(facts.total);
  const reasons = [
    ...findMisplacements(openPart, facts),
    ...findTierMisfit(openPart, UNPROVEN_TIER),
    ...(machine === undefined ? [] : findMachineMisfits(openPart, machine, gpuModel)),
  ];
  if (prices.token.toLowerCase() === token.toLowerCase()) return reasons;
  const compared = { needs: token, has: prices.token, unit: "token" };
  return [...reasons, reason("price.token", `pays in ${token}, the node takes ${prices.token}`, compared)];
}

function screenCapacity(node: NodeView, { openPart, isUpdate }: ScreenedOrder): Reason[] {
  const { facts, offer } = node;
  const free = isUpdate ? unpackResources(facts.total) : freeOn(node);
  const reasons = findShortages(resourcesOn(openPart, node), free, acceptedGpuModels(openPart));
  if (isUpdate) return reasons;
  if (!offer.acceptsOrders) reasons.push(reason("node.paused"));
  const { leases, maxLeases } = offer;
  if (leases < maxLeases) return reasons;
  const message = `serves ${leases} leases, its limit is ${maxLeases}`;
  return [...reasons, reason("node.leases", message, { needs: leases + 1, has: maxLeases, unit: "lease" })];
}
