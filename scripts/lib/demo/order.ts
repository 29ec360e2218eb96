import { readFile } from "node:fs/promises";
import { type GatewayApi } from "@fizz/protocol/gateway-api";
import { durationSeconds, parseManifest } from "@fizz/protocol/manifest";
import { type RankedQuote } from "@fizz/protocol/messages";
import { type ComposedLease, composeLease, composeOrder, type Order } from "@fizz/protocol/orders";
import { fizzDomain, recoverReceiptSigner, type SignedReceipt } from "@fizz/protocol/typed-data";
import { setTimeout as delay } from "node:timers/promises";
import { type Address, zeroAddress } from "viem";
import { type NetworkDescription } from "../network-description.ts";
import { inRoot } from "../paths.ts";

const DELIVERY_TIMEOUT_MS = 60_000;
const RETRY_MS = 500;

/** The hello example as an order, with the seconds that it is to be prepaid. */
export async function readHelloOrder(): Promise<{ order: Order; prepaidSeconds: number }> {
  const parsed = parseManifest(await readFile(inRoot("examples/hello.yaml"), "utf8"));
  if (!parsed.ok) throw new Error(`examples/hello.yaml is not valid: ${JSON.stringify(parsed.issues)}`);
  const order = composeOrder(parsed.manifest);
  return { order, prepaidSeconds: Number(durationSeconds(order.openPart)) };
}

/** The best quote for an order; throws with every refusal when there is none. */
export async function requireQuote(gateway: GatewayApi, order: Order, tenant: Address): Promise<RankedQuote> {
  const { openPart, openSalt, openPartHash } = order;
  const answer = await gateway.quotes({ openPart: { ...openPart }, openSalt, tenant, token: zeroAddress });
  const [best] = answer.quotes;
  if (best === undefined) throw new Error(`no quote: ${JSON.stringify(answer.refusals)}`);
  if (best.signed.quote.openPartHash !== openPartHash) throw new Error("the quote is for another manifest");
  return best;
}

/** Binds the order to the quote. */
export function composeHelloLease(
  network: NetworkDescription,
  tenant: Address,
  parts: { order: Order; quote: RankedQuote; prepaidSeconds: number },
): ComposedLease {
  const { order, quote, prepaidSeconds } = parts;
  const { minSeconds, maxSeconds } = quote.signed.quote;
  return composeLease({
    order,
    signed: quote.signed,
    tenant,
    chainId: network.chainId,
    market: network.contracts.leaseMarket,
    prepaidSeconds: Math.min(Math.max(prepaidSeconds, minSeconds), maxSeconds),
  });
}

/** Delivers the sealed manifest until the node has signed for it, and checks whose signature that is. */
export async function deliverSealed(
  gateway: GatewayApi,
  network: NetworkDescription,
  parts: { composed: ComposedLease; lid: bigint; operator: Address },
): Promise<{ signed: SignedReceipt; sealedBytes: number }> {
  const delivery = await parts.composed.delivery(parts.lid);
  const sealedBytes = (delivery.sealed.ciphertext.length - 2) / 2;
  const end = Date.now() + DELIVERY_TIMEOUT_MS;
  let last: unknown = new Error("the node did not take the manifest");
  while (Date.now() < end) {
    const signed = await gateway.deliverManifest(delivery).catch((error: unknown) => {
      last = error;
      return undefined;
    });
    if (signed !== undefined) {
      const domain = fizzDomain(network.chainId, network.contracts.leaseMarket);
      const signer = await recoverReceiptSigner(domain, signed);
      if (signer.toLowerCase() === parts.operator.toLowerCase()) return { signed, sealedBytes };
      throw new Error(`the receipt is signed by ${signer}, and not by the node's operator ${parts.operator}`);
    }
    await delay(RETRY_MS);
  }
  throw last;
}
