import { type Socket } from "node:net";
import { type PipeCounts } from "@fizz/protocol/streams";
import { Slots } from "../domain/slots.ts";

/** So often it looks within the shortest silence that ends a connection. */
const LOOKS = 8;
const SHORTEST_LOOK_MS = 25;
const LONGEST_LOOK_MS = 15_000;

/** How long a TCP connection may be silent in both directions, in milliseconds. */
export interface SilenceLimits {
  readonly idleMs: number;
  /** After one side has ended. */
  readonly halfClosedMs: number;
}

/** A connection that is looked at. */
export interface Watched {
  readonly socket: Socket;
  /** Bytes that went through. */
  readonly counts: PipeCounts;
  /** Kept by the watch; undefined until it looks. */
  seen: Seen | undefined;
  /** It was silent for too long: to end it. */
  onSilent(): void;
}

/** What the watch saw when something had moved last. */
export interface Seen {
  readonly moved: number;
  readonly unsent: number;
  /** Milliseconds of its clock. */
  readonly since: number;
}

/**
 * Looks for connections that carry nothing any more: their caller vanished, or both ends forgot them. Bytes that wait
 * for a slow reader count as silence when none of them moves.
 *
 * One timer looks at all. One for each connection would be set, and set back with every piece that is read or written, which
 * costs a short connection more than all of its bytes; most are over before anybody looks.
 */
export class SilenceWatch {
  readonly #limits: () => SilenceLimits;
  readonly #watched = new Slots<Watched>();
  #timer: NodeJS.Timeout | undefined;

  /** @param limits Those of now: they hold for who is inside as well. */
  constructor(limits: () => SilenceLimits) {
    this.#limits = limits;
  }

  /** @returns The place to leave when the connection is over. */
  watch(connection: Watched): number {
    if (this.#timer === undefined) this.#lookLater();
    return this.#watched.take(connection);
  }

  leave(place: number): void {
    this.#watched.free(place);
  }

  #lookLater(): void {
    const { idleMs, halfClosedMs } = this.#limits();
    const soon = Math.min(idleMs, halfClosedMs) / LOOKS;
    const wait = Math.max(SHORTEST_LOOK_MS, Math.min(soon, LONGEST_LOOK_MS));
    this.#timer = setTimeout(this.#look, wait).unref();
  }

  readonly #look = (): void => {
    this.#timer = undefined;
    const limits = this.#limits();
    const now = performance.now();
    let isAnyone = false;
    for (const connection of this.#watched) {
      isAnyone = true;
      if (silenceOf(connection, now) >= allowed(connection.socket, limits)) connection.onSilent();
    }
    if (isAnyone) this.#lookLater();
  };
}

/** Milliseconds for which nothing has moved, as far as it was looked at. */
function silenceOf(connection: Watched, now: number): number {
  const { socket, counts, seen } = connection;
  // Each of these only grows, an end included, but for what waits: it moves when the system takes some of it.
  const ends = Number(socket.readableEnded) + Number(socket.writableFinished);
  const moved = counts.toStream + counts.toSocket - socket.writableLength + ends;
  const unsent = unsentOf(socket);
  if (seen?.moved === moved && seen.unsent === unsent) return now - seen.since;
  connection.seen = { moved, unsent, since: now };
  return 0;
}

/** Bytes of the write that is under way: Node.js counts a write as a whole, and says what is left of it at its handle alone. */
function unsentOf(socket: Socket): number {
  const { _handle: handle } = socket as unknown as {
    readonly _handle?: { readonly writeQueueSize?: number } | null;
  };
  return handle?.writeQueueSize ?? 0;
}

function allowed(socket: Socket, { idleMs, halfClosedMs }: SilenceLimits): number {
  // `writableFinished` waits until the caller has taken everything: a caller that does not is silent too.
  const isHalfClosed = socket.readableEnded || socket.writableFinished;
  return isHalfClosed ? Math.min(idleMs, halfClosedMs) : idleMs;
}
