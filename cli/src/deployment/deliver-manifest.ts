import { ProtocolError } from "@fizz/protocol/errors";
import { type ManifestDelivery } from "@fizz/protocol/messages";
import { fizzDomain, recoverReceiptSigner, type SignedReceipt } from "@fizz/protocol/typed-data";
import { type Address, isAddressEqual } from "viem";
import { type Lease } from "../chain/lease-market.ts";
import { type Context } from "../context.ts";
import { backOff, pause } from "../pause.ts";
import { type NodeSession } from "../session/node-session.ts";
import { openSession } from "../session/open-session.ts";

const AWAY = "The node is away; the gateway keeps the manifest for it.";

export interface DeliveryInput {
  readonly lease: Lease;
  readonly delivery: ManifestDelivery;
  readonly operator: Address;
  /** Unix milliseconds after which the node could not use it any more. */
  readonly until: number;
}

/**
 * Hands the sealed manifest to the gateway until the node has signed for it. A gateway or node that is away is waited
 * for; so is a node that has not seen the lease's block yet. A gateway that does not pass it on is passed by: the node is
 * asked itself, in the session through the relay.
 *
 * @throws ProtocolError What the node or the gateway refused for good; NODE_OFFLINE when the time is over.
 */
export async function deliverManifest(context: Context, input: DeliveryInput): Promise<SignedReceipt> {
  const gateway = await context.gateway();
  const node = nodeOf(context, input);
  let last: ProtocolError | undefined;
  for (let tries = 0; Date.now() < input.until; tries += 1) {
    const byGateway = await unlessAway(context, gateway.deliverManifest(input.delivery, context.signal));
    if (byGateway.receipt !== undefined) return await verified(context, input, byGateway.receipt);
    const byNode = await unlessAway(context, node());
    if (byNode.receipt !== undefined) {
      context.terminal.note("The gateway did not pass the manifest on; the node took it end to end.");
      return await verified(context, input, byNode.receipt);
    }
    last = byGateway.trouble ?? new ProtocolError("NODE_OFFLINE", AWAY);
    if (tries === 0) context.terminal.note(`${last.message} Trying again.`);
    await pause(backOff(tries), context.signal);
  }
  throw last ?? new ProtocolError("NODE_OFFLINE", "The node took the manifest too late.");
}

/** Hands it to the node itself. The session is opened once, and for no longer than the delivery is of use. */
function nodeOf(context: Context, { lease, delivery, until }: DeliveryInput): () => Promise<SignedReceipt> {
  let session: NodeSession | undefined;
  return async () => {
    session ??= await openSession(context, lease);
    const soon = AbortSignal.timeout(Math.max(1, until - Date.now()));
    try {
      return await session.deliver(delivery, AbortSignal.any([context.signal, soon]));
    } catch (cause) {
      if (!soon.aborted) throw cause;
      throw new ProtocolError("TIMEOUT", "The node did not answer in time.", { cause });
    }
  };
}

/** Of a gateway or node that is away, or has not seen the lease's block yet, the trouble is told; anything else is thrown. */
async function unlessAway(
  { signal }: Context,
  handing: Promise<SignedReceipt | undefined>,
): Promise<{ readonly receipt?: SignedReceipt | undefined; readonly trouble?: ProtocolError }> {
  try {
    return { receipt: await handing };
  } catch (error) {
    signal.throwIfAborted();
    if (!isTemporary(error)) throw error;
    return { trouble: error };
  }
}

function isTemporary(error: unknown): error is ProtocolError {
  return error instanceof ProtocolError && (error.retryable || error.code === "LEASE_NOT_FOUND");
}

async function verified(
  context: Context,
  input: DeliveryInput,
  signed: SignedReceipt,
): Promise<SignedReceipt> {
  const chain = await context.chain();
  const { delivery, operator } = input;
  const signer = await recoverReceiptSigner(fizzDomain(chain.id, chain.contracts.leaseMarket), signed);
  const { receipt } = signed;
  const matches =
    receipt.lid === delivery.lid &&
    receipt.leaseHash === delivery.leaseHash &&
    receipt.manifestHash === delivery.manifestHash;
  if (matches && isAddressEqual(signer, operator)) return signed;
  throw new ProtocolError("IDENTITY_UNKNOWN", "The receipt for the manifest is not signed by the node.");
}
