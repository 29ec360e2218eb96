/** Bytes that one side of a channel may send before the other grants more; both ends begin with it. */
export const WINDOW_BYTES = 256 * 1024;
/** To this a channel's window may grow when that lets more through. */
export const MAX_WINDOW_BYTES = 4 * 1024 * 1024;
/** By so much, all channels of a link together, windows may be over WINDOW_BYTES. */
export const MAX_EXTRA_WINDOW_BYTES = 32 * 1024 * 1024;

/** Payload of one DATA frame. */
export const MAX_DATA_BYTES = 64 * 1024;
/** OPEN: the JSON of tunnelOpenSchema. */
export const MAX_OPEN_BYTES = 1_024;
/** REFUSED: the JSON of a wire error. */
export const MAX_REFUSAL_BYTES = 16 * 1024;

/** Bytes that are handed to the link at once; no more follow until it drains. */
export const MAX_BATCH_BYTES = 128 * 1024;
/** When so many channels have something to send, it leaves before the turn of the event loop is over. */
export const HURRY_CHANNELS = 64;
/** A channel takes so many bytes before `send` asks to wait. */
export const SEND_BUFFER_BYTES = 128 * 1024;
/** Frames other than data that wait for the link. More means that the other side does not read any more. */
export const MAX_CONTROL_BYTES = 1024 * 1024;

/** Channels of one link at once; one counts until both sides have ended it. */
export const MAX_CHANNELS = 4_096;
/** Of these, not yet answered by the node. */
export const MAX_OPENING = 1_024;
/** Time for the node to reach its container, in milliseconds. */
export const OPEN_TIMEOUT_MS = 10_000;

/** Interval of `Mux.tick`, in milliseconds. */
export const TICK_MS = 1_000;
/** The same for a node that nobody depends on now: a gateway has thousands of them, and does not look at each every second. */
export const IDLE_TICK_MS = 5_000;
/**
 * Ticks between two PONGs of a node, asked for or not: the gateway has thousands of nodes, and shall not have to ask. One that
 * nobody depends on now is asked not to.
 */
export const PONG_EVERY_TICKS = 5;
/** Ticks between pings of the gateway, which tell the round trip, and that it is there. */
export const PING_EVERY_TICKS = 10;
/** The same of IDLE_TICK_MS, for a node that answers pings alone. */
export const IDLE_PING_EVERY_TICKS = 6;
/** The same for one that goes on to say PONG unasked: it gives a gateway up after GATEWAY_SILENT_TICKS. */
export const OLDER_PING_EVERY_TICKS = 3;
/** Ticks without a byte from a node after which it counts as gone. A PONG was due in the last of them but two. */
export const NODE_SILENT_TICKS = 7;
/** Of IDLE_TICK_MS, for a node that answers pings alone: it was asked two ticks before. */
export const IDLE_NODE_SILENT_TICKS = 8;
/**
 * Ticks without a byte from a gateway after which a node counts it as gone. It is more patient than the gateway: where
 * that stands still for some seconds, all of its nodes would leave at once, and their handshakes would hold it up longer.
 */
export const GATEWAY_SILENT_TICKS = 20;
/** The same for a node that is asked to answer pings alone, which come less often. */
export const QUIET_GATEWAY_SILENT_TICKS = 60;
