export { type ByteStream, type ByteStreamEvents } from "./byte-stream.ts";
export { DatagramStream, MAX_DATAGRAM_BYTES } from "./datagram-stream.ts";
export { readFeed, sendFeed } from "./feed.ts";
export { FramedStream } from "./framed-stream.ts";
export { muxOver } from "./mux/libp2p-link.ts";
export { TICK_MS } from "./mux/limits.ts";
export { Mux, type MuxInit, type MuxLink, type OpenRequest } from "./mux/mux.ts";
export { MUXER_INIT } from "./muxer.ts";
export { type PipeCounts, pipeSocket, type TunnelSocket } from "./pipe-socket.ts";
