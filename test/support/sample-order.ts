import { parseManifest } from "@fizz/protocol/manifest";
import { composeOrder, type Order } from "@fizz/protocol/orders";
import { type Quote } from "@fizz/protocol/typed-data";
import { readFileSync } from "node:fs";
import { type Address, type Hex } from "viem";

const hello = readFileSync(new URL("../../examples/hello.yaml", import.meta.url), "utf8");

/** The order of examples/hello.yaml, with fresh salts. */
export function sampleOrder(text = hello): Order {
  const parsed = parseManifest(text);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.issues));
  return composeOrder(parsed.manifest);
}

const ZERO: Address = "0x0000000000000000000000000000000000000000";

/** A quote for an order, for tests that do not care about its figures. */
export function sampleQuote(order: Order, sealingKey: Hex, changes: Partial<Quote> = {}): Quote {
  return {
    nodeId: 1n,
    subnetId: 1,
    tenant: ZERO,
    token: ZERO,
    ratePerSecond: 10n ** 20n,
    resources: 1n,
    openPartHash: order.openPartHash,
    sealingKey,
    startWindowSeconds: 300,
    noticeSeconds: 3_600,
    minSeconds: 60,
    maxSeconds: 86_400,
    reservationSeconds: 60,
    subnetCutBps: 500,
    protocolCutBps: 200,
    expiresAt: 2_000_000_000,
    nonce: 7n,
    ...changes,
  };
}
