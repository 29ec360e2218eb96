export { DatagramStream, MAX_DATAGRAM_BYTES } from "./datagram-stream.ts";
export { readFeed, sendFeed } from "./feed.ts";
export { FramedStream } from "./framed-stream.ts";
export { MUXER_INIT } from "./muxer.ts";
export { type PipeCounts, pipeSocket, type TunnelSocket } from "./pipe-socket.ts";
