/** Receive window of one stream, in bytes. Both ends must use the same: a sender assumes its own initial window. */
const STREAM_WINDOW_BYTES = 1024 * 1024;
/** To this the window of a stream that is read grows. All connections of a node share the stream of its tunnel link. */
const MAX_STREAM_WINDOW_BYTES = 4 * 1024 * 1024;
/** Must stay above the window: a paused stream that gets more than this is reset and loses data. */
const READ_BUFFER_BYTES = 8 * 1024 * 1024;
const MAX_STREAMS = 4_096;

/**
 * Settings for @libp2p/yamux that every Fizz process uses. With the defaults the window grows to 16 MiB while
 * the read buffer is limited to 4 MiB, and correct backpressure resets the stream. And who opens eleven streams
 * before the other end has let its connection in has one that nobody serves, and is not told.
 */
export const MUXER_INIT = {
  maxEarlyStreams: MAX_STREAMS,
  maxInboundStreams: MAX_STREAMS,
  maxOutboundStreams: MAX_STREAMS,
  streamOptions: {
    initialStreamWindowSize: STREAM_WINDOW_BYTES,
    maxStreamWindowSize: MAX_STREAM_WINDOW_BYTES,
    maxReadBufferLength: READ_BUFFER_BYTES,
  },
} as const;

/** Time for the answer to a ping, in milliseconds. It stands behind what fills a window of 4 MiB: 140 kB/s are no silence. */
export const PING_ANSWER_MS = 30_000;

/** For libp2p's monitor of a client's connections, whose least timeout of 5 s ends a path that is only slow. */
export const MONITOR_INIT = { pingTimeout: { minTimeout: PING_ANSWER_MS } } as const;
