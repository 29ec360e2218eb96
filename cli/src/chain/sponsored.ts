import { carriesRequest, fizzForwarderAbi, leaseMarketAbi } from "@fizz/protocol/chain";
import { ProtocolError } from "@fizz/protocol/errors";
import { type GatewayApi, requireNextNonce } from "@fizz/protocol/gateway-api";
import { type RelayedRequest } from "@fizz/protocol/messages";
import {
  type ForwarderDomain,
  forwarderDomain,
  type ForwardRequest,
  type SignedForwardRequest,
  signForwardRequest,
} from "@fizz/protocol/typed-data";
import {
  type Address,
  type Hash,
  TransactionNotFoundError,
  type TransactionReceipt,
  TransactionReceiptNotFoundError,
} from "viem";
import { showTime } from "../output/format.ts";
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
  const handed = await signRequest(sender, gateway, call);
  const { id } = handed;
  await gateway.relay(handed.signed);
  const end = Date.now() + REQUEST_SECONDS * 1_000;
  while (Date.now() < end) {
    const told = await gateway.relayedRequest(id, sender.signal).catch(skipAway);
    const receipt = await receiptOf(chain, told, handed);
    if (receipt !== undefined) {
      sender.onSent?.(receipt.transactionHash);
      return receipt;
    }
    await pause(POLL_MS, sender.signal);
  }
  const message = `The gateway has the request ${id}, and no block has it yet.`;
  throw new ProtocolError("TX_LOST", `${message} ${stillOpen(handed)}`);
}

/** A request that the gateway was given. */
interface Handed {
  readonly id: Hash;
  readonly signed: SignedForwardRequest;
  readonly domain: ForwarderDomain;
}

async function signRequest(
  { chain, account }: Sender,
  gateway: Sponsor,
  { to, data }: Omit<Call, "value">,
): Promise<Handed> {
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
  return { ...(await signForwardRequest(account, domain, request)), domain };
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

/** The gateway's word alone is not enough: the chain must have it, and it must be this very request. */
async function receiptOf(
  chain: Chain,
  told: RelayedRequest | undefined,
  handed: Handed,
): Promise<TransactionReceipt | undefined> {
  const hash = told === undefined ? undefined : minedHashOf(told, handed);
  if (hash === undefined) return undefined;
  const [receipt, transaction] = await chain.ask(
    Promise.all([
      orMissing(chain.client.getTransactionReceipt({ hash }), TransactionReceiptNotFoundError),
      orMissing(chain.client.getTransaction({ hash }), TransactionNotFoundError),
    ]),
  );
  if (receipt?.status !== "success" || transaction === undefined) return undefined;
  if (carriesRequest(transaction, handed.domain, handed.signed)) return receipt;
  const message = `The gateway says that ${hash} did the request; on chain it is another transaction.`;
  throw new ProtocolError("TX_LOST", `${message} ${stillOpen(handed)}`);
}

async function orMissing<Found>(
  looked: Promise<Found>,
  missing: new (...args: never[]) => Error,
): Promise<Found | undefined> {
  return await looked.catch((error: unknown) => {
    if (error instanceof missing) return undefined;
    throw error;
  });
}

/** @throws ProtocolError TX_LOST when the gateway says that it was not done and will not be. */
function minedHashOf({ state, code, reason, txHash }: RelayedRequest, handed: Handed): Hash | undefined {
  if (state === "failed" || state === "expired") {
    const message = `${reason ?? "The request was not done."} (${code ?? state})`;
    throw new ProtocolError("TX_LOST", `${message} ${stillOpen(handed)}`);
  }
  return state === "mined" || state === "final" ? (txHash ?? undefined) : undefined;
}

/** Who has a signed request can bring it to the chain until its deadline. */
function stillOpen({ signed: { request } }: Handed): string {
  const until = showTime(request.deadline * 1_000);
  return `Whoever has the signed request can still carry it until ${until}: look on chain before you sign it again.`;
}

/** A gateway that is away for a while is waited for: it has the request. */
function skipAway(error: unknown): undefined {
  if (error instanceof ProtocolError && error.code === "GATEWAY_UNREACHABLE") return undefined;
  throw error;
}
