import {
  type DirectDialer,
  type DirectRule,
  isPublicHost,
  isSameFamily,
  meet,
  observe,
  requireObserved,
} from "@fizz/protocol/direct";
import { ProtocolError } from "@fizz/protocol/errors";
import { CONTROL_TIMEOUT_MS, directRequestSchema, protocols } from "@fizz/protocol/messages";
import { type FizzDomain, type ObservedAddress } from "@fizz/protocol/typed-data";
import { type Libp2p } from "@libp2p/interface";
import { type ControlGate } from "../ports.ts";
import { reply, type ServeContext, serveProtocol } from "./answer-streams.ts";
import { gatewayAddressOf } from "./gateway-address.ts";
import { type PeerLimitsInit } from "./peer-limits.ts";

/** What one client may ask: each time the node sends packets to an address that is not its gateway's. */
export const DIRECT_LIMITS: PeerLimitsInit = { maxStreams: 1, maxRequestsPerWindow: 6 };
/** Meetings that are under way at once, of all clients. */
export const MAX_MEETINGS = 16;

export interface DirectServices {
  readonly gate: Pick<ControlGate, "authorize">;
  readonly direct: { readonly rule: DirectRule; readonly domain: FizzDomain };
}

/**
 * A tenant's client asks for a direct connection: the node learns from its gateway where it is seen itself, tells the
 * client, and both dial each other. Only the tenant may ask, only the address is dialled at which the gateway swears to
 * have seen that very client, and only as often as the limits say.
 *
 * @param context Its `limits` are {@link DIRECT_LIMITS}.
 */
export async function serveDirect(
  { host, dialer }: { readonly host: Libp2p; readonly dialer: DirectDialer },
  { gate, direct: { rule, domain } }: DirectServices,
  context: ServeContext,
): Promise<void> {
  if (rule === "off") return;
  let meetings = 0;
  await serveProtocol(
    host,
    {
      protocol: protocols.direct,
      request: directRequestSchema,
      gatewayOnly: false,
      maxStreams: 1,
      serve: async ({ message, remotePeer, framed, signal: gone }) => {
        await gate.authorize({ auth: { signed: message.signed }, remotePeer, signal: gone }, "connect");
        if (meetings >= MAX_MEETINGS)
          throw new ProtocolError(
            "LIMIT_REACHED",
            "The node makes too many direct connections at the moment.",
          );
        meetings += 1;
        try {
          const signal = AbortSignal.any([context.signal, AbortSignal.timeout(CONTROL_TIMEOUT_MS)]);
          const { address: gateway } = gatewayAddressOf(host, context.gatewayPeer);
          const own = await observe(dialer, { gateway, self: host.peerId.toString(), domain }, signal);
          try {
            const { signed, localPort } = own;
            const { gatewayPeer } = context;
            await requireObserved({
              ...{ signed: message.observed, domain, gatewayPeer },
              ...{ peer: remotePeer, own: signed.observed },
            });
            const at = message.observed.observed;
            requireDialable(at, signed.observed, rule);
            await reply(framed, { type: "go", observed: signed });
            await meet({ dialer, role: "listener", peer: remotePeer, at, localPort, signal });
            context.log.info({ event: "direct.opened", remotePeer }, "A tenant connected directly.");
          } finally {
            own.close();
          }
        } finally {
          meetings -= 1;
        }
      },
    },
    context,
  );
}

function requireDialable(at: ObservedAddress, own: ObservedAddress, rule: DirectRule): void {
  if (!isSameFamily(at.host, own.host))
    throw new ProtocolError("NODE_UNREACHABLE", "One side has IPv4, the other IPv6.");
  if (rule !== "private" && !isPublicHost(at.host))
    throw new ProtocolError("PEER_REFUSED", "The node dials public addresses only.");
}
