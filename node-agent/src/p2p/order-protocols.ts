import { manifestDeliverySchema, protocols, quoteRequestSchema } from "@fizz/protocol/messages";
import { type Libp2p } from "@libp2p/interface";
import { type ManifestIntake, type Quoting } from "../ports.ts";
import { reply, type ServeContext, serveProtocol } from "./answer-streams.ts";

/** Orders and manifests that are dealt with at once. */
export const MAX_ORDER_STREAMS = 64;

export interface OrderServices {
  readonly quoting: Quoting;
  readonly intake: ManifestIntake;
}

export async function serveOrders(
  host: Libp2p,
  services: OrderServices,
  context: ServeContext,
): Promise<void> {
  const quote = {
    protocol: protocols.quote,
    request: quoteRequestSchema,
    gatewayOnly: true,
    maxStreams: MAX_ORDER_STREAMS,
  };
  await serveProtocol(
    host,
    {
      ...quote,
      serve: async ({ message, framed }) => {
        await reply(framed, { type: "quote", signed: await services.quoting.quote(message) });
      },
    },
    context,
  );
  const manifest = {
    protocol: protocols.manifest,
    request: manifestDeliverySchema,
    gatewayOnly: false,
    maxStreams: MAX_ORDER_STREAMS,
  };
  await serveProtocol(
    host,
    {
      ...manifest,
      serve: async ({ message, framed }) => {
        // Taken in to the end even if the caller goes away: it will ask for the receipt again.
        await reply(framed, {
          type: "receipt",
          signed: await services.intake.accept(message, context.signal),
        });
      },
    },
    context,
  );
}
