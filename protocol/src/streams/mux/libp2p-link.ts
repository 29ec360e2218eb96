import { type Stream } from "@libp2p/interface";
import { Uint8ArrayList } from "uint8arraylist";
import { Mux, type MuxInit } from "./mux.ts";

/** A mux over one libp2p stream, which is its own from now on. */
export function muxOver(stream: Stream, init: MuxInit): Mux {
  const mux = new Mux(
    {
      write: (pieces) => stream.writeStatus === "writable" && stream.send(new Uint8ArrayList(...pieces)),
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
    mux.receive(data);
  });
  if (stream.status !== "open" || stream.readableEnded) mux.onLinkEnd();
  return mux;
}
