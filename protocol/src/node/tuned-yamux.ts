import { yamux } from "@libp2p/yamux";
import { StreamState, type YamuxStream } from "@libp2p/yamux/stream";
import { type CreateMuxers, eachStream, keepPauses } from "../streams/keep-pauses.ts";
import { MUXER_INIT } from "../streams/muxer.ts";

/** Read before credit is given back, in bytes: an eighth of the first window. */
const UPDATE_AFTER_BYTES = MUXER_INIT.streamOptions.initialStreamWindowSize / 8;
/** The first ping, at once, tells the round trip, by which windows grow. The tunnel link has pings of its own. */
const KEEP_ALIVE_MS = 10 * 60_000;

/**
 * yamux for daemons. The library answers each frame of data with a frame of credit, however small: of a ping on the tunnel
 * link that is half the cost. Here credit is given back when there is some to give.
 */
export function tunedYamux(): CreateMuxers {
  return eachStream(keepPauses(yamux({ ...MUXER_INIT, keepAliveInterval: KEEP_ALIVE_MS })), calm);
}

function calm(stream: YamuxStream): YamuxStream {
  const handleData = stream.handleData.bind(stream);
  const sendWindowUpdate = stream.sendWindowUpdate.bind(stream);
  let owed = 0;
  return Object.assign(stream, {
    handleData: (frame: Parameters<typeof handleData>[0]) => {
      owed += frame.header.length;
      handleData(frame);
    },
    sendWindowUpdate: () => {
      // The other states say something else with it, or keep credit back.
      const isOpen = stream.state === StreamState.Established || stream.state === StreamState.SYNSent;
      if (isOpen && owed < UPDATE_AFTER_BYTES) return;
      if (isOpen) owed = 0;
      sendWindowUpdate();
    },
  });
}
