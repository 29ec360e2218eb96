import { protocols, revokeRequestSchema } from "@fizz/protocol/messages";
import { type Libp2p } from "@libp2p/interface";
import { type Revoking } from "../ports.ts";
import { reply, type ServeContext, serveProtocol } from "./answer-streams.ts";

/** Revocations that one peer delivers at once. */
const MAX_REVOKE_STREAMS = 16;

/** Anybody may deliver a revocation; the tenant's signature in it is what counts. */
export async function serveRevoke(
  host: Libp2p,
  { revoking }: { readonly revoking: Revoking },
  context: ServeContext,
): Promise<void> {
  await serveProtocol(
    host,
    {
      protocol: protocols.revoke,
      request: revokeRequestSchema,
      gatewayOnly: false,
      maxStreams: MAX_REVOKE_STREAMS,
      serve: async ({ message, framed }) => {
        await reply(framed, { type: "revoked", ...(await revoking.revoke(message.signed)) });
      },
    },
    context,
  );
}
