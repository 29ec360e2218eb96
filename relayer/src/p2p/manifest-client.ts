import { type ManifestDelivery, manifestResponseSchema, protocols } from "@fizz/protocol/messages";
import { type SignedReceipt } from "@fizz/protocol/typed-data";
import { ask } from "./ask.ts";
import { type NodeLinks } from "./node-links.ts";

/** Hands a sealed manifest to its node. @throws ProtocolError as `ask` and `NodeLinks.openStream` */
export async function sendManifest(
  links: NodeLinks,
  { nodeId, delivery }: { readonly nodeId: bigint; readonly delivery: ManifestDelivery },
  signal: AbortSignal,
): Promise<SignedReceipt> {
  const stream = await links.openStream(nodeId, protocols.manifest, signal);
  const { signed } = await ask(stream, { message: delivery, answer: manifestResponseSchema }, signal);
  return signed;
}
