import { type Connection } from "@libp2p/interface";
import { errorFromWire, ProtocolError } from "../errors/index.ts";
import { addressOfPeerId } from "../identity/index.ts";
import { observeResponseSchema } from "../messages/direct.ts";
import { protocols } from "../messages/protocols.ts";
import { FramedStream } from "../streams/index.ts";
import {
  type FizzDomain,
  type ObservedAddress,
  recoverObservedSigner,
  type SignedObserved,
} from "../typed-data/index.ts";
import { type DirectDialer } from "./direct-dialer.ts";

/** A signed address that is older than this, by the gateway's own clock, is not used, in seconds. */
const MAX_AGE_SECONDS = 60;
/** Ports that systems give to outgoing connections: all above the usual servers. */
const FIRST_PORT = 32_768;
const PORTS = 65_536 - FIRST_PORT;
/** A random port may be taken. */
const MAX_PORT_TRIES = 3;

export interface ObserveInit {
  /** Address of the gateway with its peer id at the end. */
  readonly gateway: string;
  /** This side's own peer id. */
  readonly self: string;
  readonly domain: FizzDomain;
}

/** Where this side is seen, while the connection stands that made it so. */
export interface Observation {
  readonly signed: SignedObserved;
  readonly localPort: number;
  /** Forgets it. A router keeps the mapping of the port while this is open. */
  close(): void;
}

/**
 * Connects to the gateway once more, from a local port of its own, and learns as what the gateway sees that port. A
 * router that maps ports the same way for every destination shows the same address to the other peer.
 *
 * @throws ProtocolError GATEWAY_UNREACHABLE, IDENTITY_UNKNOWN when the answer is not the gateway's or not of this peer.
 */
export async function observe(
  dialer: DirectDialer,
  { gateway, self, domain }: ObserveInit,
  signal: AbortSignal,
): Promise<Observation> {
  const { connection, localPort } = await connect(dialer, gateway, signal);
  const close = (): void => {
    connection.close().catch(() => undefined);
  };
  try {
    const framed = new FramedStream(await connection.newStream(protocols.observe, { signal }));
    await framed.write({ type: "observe" }, signal);
    const answer = await framed.require(observeResponseSchema, signal);
    if (answer.type === "error") throw errorFromWire(answer.error);
    await requireObserved({ signed: answer.signed, domain, gatewayPeer: peerOf(gateway), peer: self });
    return { signed: answer.signed, localPort, close };
  } catch (error) {
    close();
    throw error;
  }
}

export interface ObservedCheck {
  readonly signed: SignedObserved;
  readonly domain: FizzDomain;
  readonly gatewayPeer: string;
  /** Peer id that must be the one that was seen. */
  readonly peer: string;
  /** This side's own observation by the same gateway, against whose time it is held. */
  readonly own?: ObservedAddress;
}

/** @throws ProtocolError IDENTITY_UNKNOWN */
export async function requireObserved({
  signed,
  domain,
  gatewayPeer,
  peer,
  own,
}: ObservedCheck): Promise<void> {
  const { observed } = signed;
  const signer = await recoverObservedSigner(domain, signed).catch(() => undefined);
  if (signer !== addressOfPeerId(gatewayPeer))
    throw new ProtocolError("IDENTITY_UNKNOWN", "The address is not signed by the gateway.");
  if (observed.peer !== addressOfPeerId(peer))
    throw new ProtocolError("IDENTITY_UNKNOWN", "The address was seen of another peer.");
  if (own !== undefined && Math.abs(own.at - observed.at) > MAX_AGE_SECONDS)
    throw new ProtocolError("IDENTITY_UNKNOWN", "The address was seen too long ago.");
}

/** The peer id at the end of an address. */
export function peerOf(address: string): string {
  return address.split("/p2p/").at(-1) ?? "";
}

async function connect(
  dialer: DirectDialer,
  gateway: string,
  signal: AbortSignal,
): Promise<{ connection: Connection; localPort: number }> {
  for (let tries = 1; ; tries += 1) {
    const localPort = FIRST_PORT + Math.floor(Math.random() * PORTS);
    try {
      const connection = await dialer.dial({ address: gateway, localPort, role: "dialler", signal });
      if (connection !== undefined) return { connection, localPort };
    } catch (cause) {
      signal.throwIfAborted();
      if (tries === MAX_PORT_TRIES)
        throw new ProtocolError("GATEWAY_UNREACHABLE", "The gateway takes no second connection.", { cause });
    }
  }
}
