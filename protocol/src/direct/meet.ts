import { type Connection } from "@libp2p/interface";
import { ProtocolError } from "../errors/index.ts";
import { type ObservedAddress } from "../typed-data/index.ts";
import { type DirectDialer, type DirectWay, type HandshakeRole } from "./direct-dialer.ts";

/** Time for both sides to meet, in milliseconds. A lost packet is sent again by the system after a second. */
const MEET_TIMEOUT_MS = 3_000;
/** Dials of one side in that time, at most. */
const MAX_TRIES = 24;
/** Wait after a refused dial, at first; it grows by half each time, in milliseconds. */
const FIRST_DELAY_MS = 10;
const MAX_DELAY_MS = 300;
/** After two refused dials the listening side waits to be dialled, at first for so long, in milliseconds; then twice that. */
const LISTEN_EVERY_TRIES = 3;
const FIRST_LISTEN_MS = 60;
/** A dial that is neither taken nor refused in this time gets a listener beside it, in milliseconds. */
const LISTEN_BESIDE_AFTER_MS = 20;

export interface Meeting {
  readonly dialer: DirectDialer;
  readonly role: HandshakeRole;
  /** Where the other side was seen, and who it is. */
  readonly peer: string;
  readonly at: ObservedAddress;
  readonly localPort: number;
  readonly signal: AbortSignal;
}

/**
 * Meets a peer that does the same at the same time, with the other role. Both dial each other (RFC 9293, 3.5,
 * simultaneous open): each side's first packet opens its own router for the other's. Two more cases are met by
 * listening on the same port: dials that are refused at once, where no router filters and two dials rarely cross; and
 * a peer whose router gives it another port than the one that was seen.
 *
 * @returns The connection, for the dialler's role.
 * @throws ProtocolError NODE_UNREACHABLE when they do not meet.
 */
export async function meet({
  dialer,
  role,
  peer,
  at,
  localPort,
  signal,
}: Meeting): Promise<Connection | undefined> {
  const within = AbortSignal.any([signal, AbortSignal.timeout(MEET_TIMEOUT_MS)]);
  const way = { address: addressOf(at, peer), localPort, role, signal: within };
  for (let tries = 1; ; tries += 1) {
    try {
      const isListening = role === "listener" && tries % LISTEN_EVERY_TRIES === 0;
      const listenMs = FIRST_LISTEN_MS * 2 ** (tries / LISTEN_EVERY_TRIES - 1);
      if (isListening) return await dialer.accept({ ...way, signal: shorter(within, listenMs) });
      return await dialAndListen(dialer, way);
    } catch (cause) {
      const delay = Math.min(FIRST_DELAY_MS * 1.5 ** (tries - 1), MAX_DELAY_MS);
      if (!within.aborted && tries < MAX_TRIES) await wait(delay);
      if (within.aborted || tries >= MAX_TRIES)
        throw new ProtocolError("NODE_UNREACHABLE", "The two networks let no direct connection through.", {
          cause,
        });
    }
  }
}

/**
 * Dials, and listens on the same port while the dial is under way: whichever comes first. Who is on the way in when the
 * dial fails is waited for.
 */
async function dialAndListen(dialer: DirectDialer, way: DirectWay): Promise<Connection | undefined> {
  const settled = new AbortController();
  const each = { ...way, signal: AbortSignal.any([way.signal, settled.signal]) };
  const dial = dialer.dial(each);
  let accepting: Promise<Connection | undefined> | undefined;
  const accept = wait(LISTEN_BESIDE_AFTER_MS).then(async () => {
    if (each.signal.aborted) return await dial;
    accepting = dialer.accept(each);
    // The dial says in the end why nothing came of it; a port that cannot be listened on is no reason.
    return await accepting.catch(() => dial);
  });
  // The one that loses is ended below; nobody asks it any more.
  accept.catch(() => undefined);
  try {
    return await Promise.race([dial, accept]);
  } catch (error) {
    settled.abort();
    if (accepting === undefined) throw error;
    return await accept;
  } finally {
    settled.abort();
  }
}

async function wait(ms: number): Promise<void> {
  await new Promise<void>((resolve) => {
    setTimeout(resolve, ms);
  });
}

function shorter(signal: AbortSignal, ms: number): AbortSignal {
  return AbortSignal.any([signal, AbortSignal.timeout(ms)]);
}

function addressOf({ host, port }: ObservedAddress, peer: string): string {
  return `/${host.includes(":") ? "ip6" : "ip4"}/${host}/tcp/${port}/p2p/${peer}`;
}
