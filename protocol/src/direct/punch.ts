import { type Connection } from "@libp2p/interface";
import { ProtocolError } from "../errors/index.ts";
import { type ObservedAddress } from "../typed-data/index.ts";
import { type DirectDialer } from "./direct-dialer.ts";

/** Time for both sides to meet, in milliseconds. A lost packet is sent again by the system after a second. */
export const PUNCH_TIMEOUT_MS = 3_000;
/** Dials of one side in that time, at most. */
export const MAX_PUNCH_TRIES = 24;
/** Wait after a refused dial, at first; it grows by half each time, in milliseconds. */
const FIRST_DELAY_MS = 10;
const MAX_DELAY_MS = 300;
/** Refusals after which the listening side waits to be dialled, and for how long, in milliseconds. */
const REFUSALS_BEFORE_LISTEN = 3;
const LISTEN_MS = 300;

export interface Meeting {
  readonly dialer: DirectDialer;
  /** Where the other side was seen, and who it is. */
  readonly peer: string;
  readonly at: ObservedAddress;
  readonly localPort: number;
  readonly signal: AbortSignal;
}

/**
 * Meets a peer that dials back at the same time (RFC 9293, 3.5, simultaneous open): each side's first packet opens its
 * own router for the other's. This side is the dialler of the handshakes.
 *
 * @throws ProtocolError NODE_UNREACHABLE when they do not meet, as behind routers that map each destination anew.
 */
export async function meetAsDialler({ dialer, peer, at, localPort, signal }: Meeting): Promise<Connection> {
  const within = AbortSignal.any([signal, AbortSignal.timeout(PUNCH_TIMEOUT_MS)]);
  const address = addressOf(at, peer);
  for (let tries = 1; ; tries += 1) {
    try {
      return await dialer.dial(address, localPort, within);
    } catch (cause) {
      await nextTry({ tries, cause, within });
    }
  }
}

/**
 * The other side of {@link meetAsDialler}. When dials are refused at once, no router is in the way, and two dials
 * rarely cross: this side then listens for a moment.
 *
 * @throws ProtocolError NODE_UNREACHABLE
 */
export async function meetAsListener({ dialer, peer, at, localPort, signal }: Meeting): Promise<void> {
  const within = AbortSignal.any([signal, AbortSignal.timeout(PUNCH_TIMEOUT_MS)]);
  const address = addressOf(at, peer);
  for (let tries = 1; ; tries += 1) {
    try {
      const isTurn = tries % (REFUSALS_BEFORE_LISTEN + 1) === 0;
      if (isTurn) await dialer.accept(address, localPort, shorter(within, LISTEN_MS));
      else await dialer.dialToAccept(address, localPort, within);
      return;
    } catch (cause) {
      await nextTry({ tries, cause, within });
    }
  }
}

async function nextTry({
  tries,
  cause,
  within,
}: {
  readonly tries: number;
  readonly cause: unknown;
  readonly within: AbortSignal;
}): Promise<void> {
  const delay = Math.min(FIRST_DELAY_MS * 1.5 ** (tries - 1), MAX_DELAY_MS);
  if (!within.aborted && tries < MAX_PUNCH_TRIES)
    await new Promise<void>((resolve) => {
      setTimeout(resolve, delay);
    });
  if (within.aborted || tries >= MAX_PUNCH_TRIES)
    throw new ProtocolError("NODE_UNREACHABLE", "The two networks let no direct connection through.", {
      cause,
    });
}

function shorter(signal: AbortSignal, ms: number): AbortSignal {
  return AbortSignal.any([signal, AbortSignal.timeout(ms)]);
}

function addressOf({ host, port }: ObservedAddress, peer: string): string {
  return `/${host.includes(":") ? "ip6" : "ip4"}/${host}/tcp/${port}/p2p/${peer}`;
}
