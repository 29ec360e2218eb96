import { leaseMarketAbi } from "@fizz/protocol/chain";
import { peerIdOfPublicKey } from "@fizz/protocol/identity";
import { toWire } from "@fizz/protocol/messages";
import { type ComposedLease, composeLease } from "@fizz/protocol/orders";
import { fizzDomain, recoverQuotePublicKey, type SignedQuote } from "@fizz/protocol/typed-data";
import type { Address, Hash, Hex } from "viem";
import type { Config } from "wagmi";
import { simulateContract, writeContract } from "wagmi/actions";
import { isRejection } from "../../chain/is-rejection.ts";
import type { NetworkConfig } from "../../network/network-config.ts";
import type { LeaseStore } from "../lease/lease-store.ts";
import { saveSession } from "../lease/session-store.ts";
import { signSession } from "../lease/sign-session.ts";
import type { QuoteRound } from "./request-quotes.ts";

export type OpenStep = "checking" | "session" | "transaction";

export interface OpenLeaseInput {
  readonly config: Config;
  readonly network: NetworkConfig;
  readonly store: LeaseStore;
  readonly round: QuoteRound;
  readonly signed: SignedQuote;
  readonly prepaidSeconds: number;
  /** Wei sent along for the escrow account. */
  readonly value: bigint;
  readonly onStep: (step: OpenStep) => void;
}

interface OpenCall {
  readonly address: Address;
  readonly abi: typeof leaseMarketAbi;
  readonly functionName: "open";
  readonly account: Address;
  readonly args: readonly [SignedQuote["quote"], Hex, ComposedLease["terms"]];
  readonly value: bigint;
}

/** The call of `ILeaseMarket.open`, for simulation, gas estimate and wallet alike. */
export function openCall(
  input: Pick<OpenLeaseInput, "network" | "round" | "signed" | "value">,
  terms: ComposedLease["terms"],
): OpenCall {
  const { network, round, signed, value } = input;
  return {
    address: network.contracts.leaseMarket,
    abi: leaseMarketAbi,
    functionName: "open",
    account: round.tenant,
    args: [signed.quote, signed.signature, terms],
    value,
  };
}

/**
 * From a quote to a sent transaction: simulate, sign the session, send. What a reload needs is stored before the
 * wallet is asked; a refusal in the wallet leaves nothing behind.
 */
export async function openLease(input: OpenLeaseInput): Promise<ComposedLease> {
  const { config, network, store, round, signed, prepaidSeconds, onStep } = input;
  const { order, tenant } = round;
  const { chainId, contracts } = network;
  const lease = composeLease({
    order,
    signed,
    tenant,
    chainId,
    market: contracts.leaseMarket,
    prepaidSeconds,
  });

  onStep("checking");
  const { request } = await simulateContract(config, openCall(input, lease.terms));

  onStep("session");
  const session = await signSession(config, network, {
    tenant,
    nodeId: signed.quote.nodeId,
    leaseHash: lease.leaseHash,
  });

  onStep("transaction");
  const publicKey = await recoverQuotePublicKey(fizzDomain(chainId, contracts.leaseMarket), signed);
  store.save({
    leaseHash: lease.leaseHash,
    tenant,
    nodeId: signed.quote.nodeId.toString(),
    nodePeerId: peerIdOfPublicKey(publicKey),
    name: round.name,
    prepaidSeconds,
    salt: lease.terms.salt,
    signedQuote: JSON.parse(toWire(signed)) as unknown,
    order: JSON.parse(toWire(order)) as unknown,
    createdAt: Date.now(),
  });
  saveSession(localStorage, session);
  let transactionHash: Hash;
  try {
    transactionHash = await writeContract(config, request);
  } catch (error) {
    // Only a refusal is certain: after any other failure the transaction may still be on its way.
    if (isRejection(error)) store.remove(lease.leaseHash);
    throw error;
  }
  store.patch(lease.leaseHash, { transactionHash, submittedAt: Date.now() });
  return lease;
}
