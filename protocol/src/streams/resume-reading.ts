import { type ByteStream } from "./byte-stream.ts";
import { isLibp2pStream } from "./stream-ends.ts";

/**
 * Lets a paused stream go on. A libp2p stream hands out what it has kept, and tells its muxer after that: where who gets it
 * pauses again, the muxer forgets it, and what comes piles up until the stream is reset. So it is said once more.
 */
export function resumeReading(stream: ByteStream): void {
  stream.resume();
  if (stream.readStatus !== "paused" || !isLibp2pStream(stream)) return;
  // All that was kept is handed out: this hands out nothing.
  stream.resume();
  stream.pause();
}
