/** libp2p protocol ids. A change that an older peer cannot read raises the version. */
export const protocols = {
  /** node → gateway, long-lived: who, what is free, what it costs; pulses that both sign. */
  hello: "/fizz/hello/1.0.0",
  /** gateway → node: an order's open part, answered by a signed quote. */
  quote: "/fizz/quote/1.0.0",
  /** gateway or client → node: the sealed manifest, answered by a receipt. */
  manifest: "/fizz/manifest/1.0.0",
  /** node → gateway: public ports for a lease. */
  doors: "/fizz/doors/1.0.0",
  /** gateway → node, long-lived: all public connections of the node, as channels of one link. */
  tunnel: "/fizz/tunnel/3.0.0",
  /** gateway → node: where to connect a data link, which carries channels faster than `tunnel`. */
  link: "/fizz/link/1.0.0",
  /** gateway → node: the datagrams of one public sender; a header frame each way, then datagrams. */
  datagrams: "/fizz/datagrams/1.0.0",
  /** client or gateway → node: a single-use nonce for a session proof. */
  challenge: "/fizz/challenge/1.0.0",
  /** client or gateway → node: state of a deployment. */
  status: "/fizz/status/1.0.0",
  /** client or gateway → node: log lines as a feed, resumable by the cursors of its lines. */
  logs: "/fizz/logs/2.0.0",
  /** client or gateway → node: lifecycle events as a feed, resumable by cursor. */
  events: "/fizz/events/1.0.0",
  /** client or gateway → node: what the containers use, as a feed of snapshots. */
  stats: "/fizz/stats/1.0.0",
  /** client → node: one connection to a port of a service; a header frame each way, then bytes. */
  connect: "/fizz/connect/1.0.0",
  /** client → node: one program in a container; a header frame each way, then frames of its input and output. */
  exec: "/fizz/exec/1.0.0",
  /** client → node: files into a container or out of it; a header frame each way, then frames of a tar archive. */
  copy: "/fizz/copy/1.0.0",
  /** anybody → node: the tenant's word that grants are worth nothing any more. */
  revoke: "/fizz/revoke/1.0.0",
  /** client or node → gateway, on a connection of its own: which address it comes from, signed. */
  observe: "/fizz/observe/1.0.0",
  /** client → node, over the relay: both dial each other at the addresses that they exchange. */
  direct: "/fizz/direct/1.0.0",
} as const;

/** Largest frame of any control message, in bytes. */
export const MAX_FRAME_BYTES = 384 * 1024;
/** Time within which a control request must be answered, in milliseconds. */
export const CONTROL_TIMEOUT_MS = 15_000;
/** Interval of feed heartbeats, in milliseconds. */
export const HEARTBEAT_MS = 5_000;
/** Silence after which the other side of a feed counts as gone, in milliseconds. */
export const SILENCE_LIMIT_MS = 20_000;
/** Interval of a node's pulses, in milliseconds. */
export const PULSE_MS = 60_000;
/** Silence of a node on `hello` after which it counts as gone, in milliseconds. Its tunnel link tells it sooner. */
export const HELLO_SILENCE_MS = 150_000;
