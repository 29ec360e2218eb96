import { protocols, type QuoteRequest, quoteResponseSchema } from "@fizz/protocol/messages";
import { type SignedQuote } from "@fizz/protocol/typed-data";
import { ask } from "./ask.ts";
import { type NodeLinks } from "./node-links.ts";

/** Asks a node for a bid. @throws ProtocolError as `ask` and `NodeLinks.openStream` */
export async function askQuote(
  links: NodeLinks,
  { nodeId, request }: { readonly nodeId: bigint; readonly request: QuoteRequest },
  signal: AbortSignal,
): Promise<SignedQuote> {
  const stream = await links.openStream(nodeId, protocols.quote, signal);
  const { signed } = await ask(stream, { message: request, answer: quoteResponseSchema }, signal);
  return signed;
}
