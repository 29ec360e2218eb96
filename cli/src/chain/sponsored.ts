import { fizzForwarderAbi, leaseMarketAbi } from "@fizz/protocol/chain";
import { ProtocolError } from "@fizz/protocol/errors";
import { type GatewayApi, requireNextNonce } from "@fizz/protocol/gateway-api";
import { type RelayedRequest } from "@fizz/protocol/messages";
import {
  forwarderDomain,
  type ForwardRequest,
  type SignedForwardRequest,
  signForwardRequest,
} from "@fizz/protocol/typed-data";
import { type Address, type Hash, type TransactionReceipt, TransactionReceiptNotFoundError } from "viem";
import { pause } from "../pause.ts";
import { type Chain } from "./chain.ts";
import { type Call, type Sender, simulate } from "./transactions.ts";

/** Time that a request is good for, in seconds: the command waits no longer. */
const REQUEST_SECONDS = 600;
const POLL_MS = 1_000;
const GAS_PERCENT = 125n;
const GAS_RESERVE = 50_000n;

/** What of the gateway is needed. */
export type Sponsor = Pick<GatewayApi, "relay" | "relayedRequest" | "signerQueue">;

/**
 * As `send`, paid by the gateway: the wallet signs the call, and the gateway carries it to the forwarder that the
 * contracts name. It carries no coins.
 *
 * @throws ProtocolError What the gateway refuses with; the contract's refusal as a sentence; TX_LOST; CHAIN_UNREACHABLE
 */
export async function sendSponsored(
  sender: Sender,
  gateway: Sponsor,
  call: Omit<Call, "value">,
): Promise<TransactionReceipt> {
  const { chain, account } = sender;
  await simulate(chain, account.address, call);
  const { id, signed } = await signRequest(sender, gateway, call);
  await gateway.relay(signed);
  const end = Date.now() + REQUEST_SECONDS * 1_000;
  while (Date.now() < end) {
    const receipt = await receiptOf(chain, await gateway.relayedRequest(id, sender.signal).catch(skipAway));
    if (receipt !== undefined) {
      sender.onSent?.(receipt.transactionHash);
      return receipt;
    }
    await pause(POLL_MS, sender.signal);
  }
  throw new ProtocolError("TX_LOST", `The gateway has the request ${id}, and no block has it yet.`);
}

async function signRequest(
  { chain, account }: Sender,
  gateway: Sponsor,
  { to, data }: Omit<Call, "value">,
): Promise<{ readonly id: Hash; readonly signed: SignedForwardRequest }> {
  const from = account.address;
  const forwarder = await chain.ask(
    chain.client.readContract({
      address: chain.contracts.leaseMarket,
      abi: leaseMarketAbi,
      functionName: "trustedForwarder",
    }),
  );
  const estimate = await chain.ask(chain.client.estimateGas({ account: from, to, data }));
  const gas = (estimate * GAS_PERCENT) / 100n + GAS_RESERVE;
  const nonce = await nextNonce(chain, gateway, { forwarder, from });
  const { timestamp } = await chain.ask(chain.client.getBlock());
  const deadline = Math.max(Number(timestamp), Math.floor(Date.now() / 1_000)) + REQUEST_SECONDS;
  const request: ForwardRequest = { from, to, value: 0n, gas, nonce, deadline, data };
  const domain = forwarderDomain(chain.id, forwarder);
  return await signForwardRequest(account, domain, request);
}

async function nextNonce(
  chain: Chain,
  gateway: Sponsor,
  { forwarder, from }: { readonly forwarder: Address; readonly from: Address },
): Promise<bigint> {
  const executed = await chain.ask(
    chain.client.readContract({
      address: forwarder,
      abi: fizzForwarderAbi,
      functionName: "nonces",
      args: [from],
    }),
  );
  const { nextNonce: next } = await gateway.signerQueue(from);
  return requireNextNonce(next, executed);
}

/** The gateway's word alone is not enough: the chain must have it. */
async function receiptOf(
  chain: Chain,
  request: RelayedRequest | undefined,
): Promise<TransactionReceipt | undefined> {
  const hash = request === undefined ? undefined : minedHashOf(request);
  if (hash === undefined) return undefined;
  const found = chain.client.getTransactionReceipt({ hash }).catch((error: unknown) => {
    if (error instanceof TransactionReceiptNotFoundError) return undefined;
    throw error;
  });
  const receipt = await chain.ask(found);
  return receipt?.status === "success" ? receipt : undefined;
}

/** @throws ProtocolError TX_LOST when it was not done and will not be. */
function minedHashOf({ state, code, reason, txHash }: RelayedRequest): Hash | undefined {
  if (state === "failed" || state === "expired")
    throw new ProtocolError("TX_LOST", `${reason ?? "The request was not done."} (${code ?? state})`);
  return state === "mined" || state === "final" ? (txHash ?? undefined) : undefined;
}

/** A gateway that is away for a while is waited for: it has the request. */
function skipAway(error: unknown): undefined {
  if (error instanceof ProtocolError && error.code === "GATEWAY_UNREACHABLE") return undefined;
  throw error;
}
