import { type Address, type Hex } from "viem";
import { type ManifestDelivery } from "../messages/order.ts";
import { leaseHash, type Quote, type SignedQuote } from "../typed-data/index.ts";
import { type Amount, costOf, rate, seconds } from "../units/index.ts";
import { type Order } from "./compose-order.ts";
import { randomBytes32 } from "./random.ts";
import { sealOrder } from "./deliveries.ts";

export interface LeaseInput {
  readonly order: Order;
  readonly signed: SignedQuote;
  readonly tenant: Address;
  readonly chainId: number;
  readonly market: Address;
  readonly prepaidSeconds: number;
  readonly salt?: Hex;
}

/** Everything that `ILeaseMarket.open` takes and what follows from it, before anything is sent. */
export interface ComposedLease {
  readonly terms: { readonly sealedPartHash: Hex; readonly prepaidSeconds: number; readonly salt: Hex };
  readonly leaseHash: Hex;
  readonly manifestHash: Hex;
  /** Token units that `open` locks. */
  readonly locked: Amount;
  /** The message for the node, once the lid is known. */
  readonly delivery: (lid: bigint, version?: number) => Promise<ManifestDelivery>;
}

/** Binds an order to a quote. The quote must have been verified: its open part hash must be the order's. */
export function composeLease(input: LeaseInput): ComposedLease {
  const { order, signed, tenant, chainId, market, prepaidSeconds } = input;
  const salt = input.salt ?? randomBytes32();
  const { quote } = signed;
  const hash = leaseHash({ chainId, market, tenant, quote, manifestHash: order.manifestHash, salt });
  return {
    terms: { sealedPartHash: order.sealedPartHash, prepaidSeconds, salt },
    leaseHash: hash,
    manifestHash: order.manifestHash,
    locked: lockedBy(quote, prepaidSeconds),
    delivery: (lid, version = 1) => sealOrder({ order, quote, lid, leaseHash: hash, version }),
  };
}

/** Token units that `open` locks for a quote: ceil(rate × prepaid / 1e12). */
export function lockedBy(quote: Quote, prepaidSeconds: number): Amount {
  return costOf(rate(quote.ratePerSecond), seconds(BigInt(prepaidSeconds)));
}
