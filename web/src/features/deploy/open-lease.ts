import { peerIdOfPublicKey } from "@fizz/protocol/identity";
import { toWire } from "@fizz/protocol/messages";
import { type ComposedLease, composeLease } from "@fizz/protocol/orders";
import { fizzDomain, recoverQuotePublicKey } from "@fizz/protocol/typed-data";
import type { Hash } from "viem";
import type { Config } from "wagmi";
import { simulateContract, writeContract } from "wagmi/actions";
import { isRejection } from "../../chain/is-rejection.ts";
import type { LeaseStore } from "../lease/lease-store.ts";
import { saveSession } from "../lease/session-store.ts";
import { signSession } from "../lease/sign-session.ts";
import { type OpenChoice, openCall, requireFunds } from "./open-call.ts";

export type OpenStep = "checking" | "session" | "transaction";

export interface OpenLeaseInput extends OpenChoice {
  readonly config: Config;
  readonly store: LeaseStore;
  readonly prepaidSeconds: number;
  readonly onStep: (step: OpenStep) => void;
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
  const call = openCall(input, lease.terms);
  const { request } = await simulateContract(config, call);
  await requireFunds(config, call);

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
