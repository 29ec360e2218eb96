import { type Stream } from "@libp2p/interface";
import { Uint8ArrayList } from "uint8arraylist";
import { Mux, type MuxInit } from "./mux.ts";

export interface MuxOverInit extends MuxInit {
  /** Called with the number of bytes that went through, either way. */
  readonly onTraffic?: (bytes: number) => void;
}

/** A mux over one libp2p stream, which is its own from now on. */
export function muxOver(stream: Stream, init: MuxOverInit): Mux {
  const { onTraffic } = init;
  const mux = new Mux(
    {
      write: (pieces) => {
        if (stream.writeStatus !== "writable") return false;
        const list = new Uint8ArrayList(...pieces);
        onTraffic?.(list.byteLength);
        return stream.send(list);
      },
      get isOpen() {
        return (
          stream.writeStatus === "writable" && !stream.writableNeedsDrain && stream.writeBufferLength === 0
        );
      },
      abort: (error) => {
        stream.abort(error);
      },
    },
    init,
  );
  const onDrain = (): void => {
    mux.onDrain();
  };
  stream.addEventListener("drain", onDrain);
  stream.addEventListener("idle", onDrain);
  stream.addEventListener("end", () => {
    mux.onLinkEnd();
  });
  stream.addEventListener("close", ({ error }) => {
    mux.onLinkEnd(error);
  });
  stream.addEventListener("message", ({ data }) => {
    onTraffic?.(data.byteLength);
    mux.receive(data);
  });
  if (stream.status !== "open" || stream.readableEnded) mux.onLinkEnd();
  return mux;
}
