import { ProtocolError } from "@fizz/protocol/errors";
import { type ManifestDelivery } from "@fizz/protocol/messages";
import { fizzDomain, recoverReceiptSigner, type SignedReceipt } from "@fizz/protocol/typed-data";
import { type Address, isAddressEqual } from "viem";
import { type Context } from "../context.ts";
import { backOff, pause } from "../pause.ts";

export interface DeliveryInput {
  readonly delivery: ManifestDelivery;
  readonly operator: Address;
  /** Unix milliseconds after which the node could not use it any more. */
  readonly until: number;
}

/**
 * Hands the sealed manifest to the gateway until the node has signed for it. A gateway or node that is away is waited
 * for; so is a node that has not seen the lease's block yet.
 *
 * @throws ProtocolError What the node or the gateway refused for good; NODE_OFFLINE when the time is over.
 */
export async function deliverManifest(context: Context, input: DeliveryInput): Promise<SignedReceipt> {
  const gateway = await context.gateway();
  let last: ProtocolError | undefined;
  for (let tries = 0; Date.now() < input.until; tries += 1) {
    try {
      const receipt = await gateway.deliverManifest(input.delivery, context.signal);
      if (receipt !== undefined) return await verified(context, input, receipt);
      last = new ProtocolError("NODE_OFFLINE", "The node is away; the gateway keeps the manifest for it.");
    } catch (error) {
      context.signal.throwIfAborted();
      if (!isTemporary(error)) throw error;
      last = error;
    }
    if (tries === 0) context.terminal.note(`${last.message} Trying again.`);
    await pause(backOff(tries), context.signal);
  }
  throw last ?? new ProtocolError("NODE_OFFLINE", "The node took the manifest too late.");
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
