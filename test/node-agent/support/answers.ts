import { type DeploymentStatus, type LogLine, type Offer, type QuoteRequest } from "@fizz/protocol/messages";
import { type SignedQuote } from "@fizz/protocol/typed-data";
import { type Hex, zeroAddress } from "viem";
import { type Quoting } from "../../../node-agent/src/ports.ts";
import { sampleOrder, sampleQuote } from "../../support/sample-order.ts";
import { hashOf, TENANT } from "./builders.ts";
import { NODE } from "./fake-chain.ts";

const order = sampleOrder();
const signature: Hex = `0x${"11".repeat(65)}`;

/** An order, and answers to it, for tests that look at the way and not at the content. */
export const REQUEST: QuoteRequest = {
  openPart: { ...order.openPart },
  openSalt: order.openSalt,
  tenant: TENANT,
  token: zeroAddress,
};
export const SIGNED: SignedQuote = { quote: sampleQuote(order, hashOf("sealing key")), signature };
export const LINES: LogLine[] = ["one", "two"].map((text) => ({
  service: "web",
  replica: 0,
  stream: "stdout",
  at: 1,
  text,
  cursor: `fake-1/stdout@1.${text === "one" ? 0 : 1}.0`,
}));

export const OFFER: Offer = {
  total: 1n,
  free: 1n,
  leases: 0,
  maxLeases: 5,
  acceptsOrders: true,
  prices: { token: zeroAddress, cpuPerHour: 1n, memoryGiBPerHour: 1n, storageGiBPerHour: 1n, gpuPerHour: {} },
};

export const STATUS: DeploymentStatus = {
  lid: 1n,
  leaseHash: hashOf("lease"),
  state: "active",
  nodeId: NODE.nodeId,
  operator: NODE.operator,
  manifestHash: hashOf("manifest"),
  version: 1,
  replicas: { ready: 1, total: 1 },
  services: [],
  endpoints: [],
  openPart: {},
  openSalt: hashOf("salt"),
  sealedPartHash: hashOf("sealed"),
};

/** Quotes and offers of a node, of which the offer can change. */
export class AnsweringDesk implements Quoting {
  #offer = OFFER;

  change(change: Partial<Offer>): void {
    this.#offer = { ...OFFER, ...change };
  }

  async quote(): Promise<SignedQuote> {
    return await Promise.resolve(SIGNED);
  }

  async offer(): Promise<Offer> {
    return await Promise.resolve(this.#offer);
  }
}
