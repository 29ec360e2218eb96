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
  leastFree,
  reason,
  type Reason,
} from "@fizz/protocol/scores";
import { UNPROVEN_TRUST_TIER } from "@fizz/protocol/tiers";
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

const BPS_PER_PERCENT = 100;

/** Tells everything that keeps a node from an order; none when it may be asked. */
export type Screen = (node: NodeView) => Reason[];

/** What holds for all nodes is found once. Of a node that is away nothing more is known. */
export function screenOf(order: ScreenedOrder, gateway: ScreeningGateway): Screen {
  const ofGateway = [...screenDoors(order), ...findGatewayMisfit(order.openPart, gateway)];
  const accepted = acceptedGpuModels(order.openPart);
  return (node) => {
    if (!node.online) return [...ofGateway, reason("node.offline")];
    return [
      ...ofGateway,
      ...screenStanding(node, gateway),
      ...screenPlacement(node, order),
      ...screenCapacity(node, order, accepted),
    ];
  };
}

/** What a lease of this order reserves on a node. */
export function resourcesOn(openPart: OpenPart, node: NodeView): ResourceVector {
  return resourcesOf(openPart, unpackResources(node.facts.total).gpuModel);
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
    ...findTierMisfit(openPart, UNPROVEN_TRUST_TIER),
    ...(machine === undefined ? [] : findMachineMisfits(openPart, machine, gpuModel)),
  ];
  if (prices.token.toLowerCase() === token.toLowerCase()) return reasons;
  const compared = { needs: token, has: prices.token, unit: "token" };
  return [...reasons, reason("price.token", `pays in ${token}, the node takes ${prices.token}`, compared)];
}

function screenCapacity(
  node: NodeView,
  { openPart, isUpdate }: ScreenedOrder,
  accepted: readonly number[] | undefined,
): Reason[] {
  const { facts, offer } = node;
  const free = isUpdate ? unpackResources(facts.total) : leastFree(facts, offer.free);
  const reasons = findShortages(resourcesOn(openPart, node), free, accepted);
  if (isUpdate) return reasons;
  if (!offer.acceptsOrders) reasons.push(reason("node.paused"));
  const { leases, maxLeases } = offer;
  if (leases < maxLeases) return reasons;
  const message = `serves ${leases} leases, its limit is ${maxLeases}`;
  return [...reasons, reason("node.leases", message, { needs: leases + 1, has: maxLeases, unit: "lease" })];
}
