import { connect, type TLSSocket } from "node:tls";
import { ProtocolError } from "@fizz/protocol/errors";
import { LINK_NAME } from "@fizz/protocol/messages";
import { type Mux, muxOverSocket } from "@fizz/protocol/streams";
import { hexToBytes } from "viem";
import { DataLinkListener, dataLinkPair } from "../../../../relayer/src/p2p/data-link-listener.ts";
import { mutateBytes } from "../../../support/fuzz/mutate.ts";
import { type FuzzTarget, sampleFrames } from "./link-worlds.ts";

/** Time for the gateway to take what it was sent. */
const SETTLE_MS = 20;

/** Where nodes connect their data links: the token, and the frames of a link behind it. */
export async function tokenTarget(): Promise<FuzzTarget> {
  const pair = await dataLinkPair(Date.now());
  const listener = new DataLinkListener({ host: "127.0.0.1", port: 0, pair, onStray: () => undefined });
  await listener.start();
  const frames = sampleFrames("gateway");
  /** A link as the gateway begins it, with whatever the token lets in. */
  const expect = () => {
    const { request, socket, cancel } = listener.expect();
    const taken = socket.then((open): Mux => {
      open.on("error", () => undefined);
      return muxOverSocket(open, { defer: setImmediate, onEnd: () => open.destroy() });
    });
    taken.catch(() => undefined);
    return { token: Buffer.from(hexToBytes(request.token)), taken, cancel };
  };
  const dial = (): TLSSocket => {
    const socket = connect({ host: "127.0.0.1", port: listener.port, ca: pair.cert, servername: LINK_NAME });
    return socket.on("error", () => undefined);
  };
  return {
    name: "data link",
    send: async (random) => {
      const { token, cancel } = expect();
      const socket = dial();
      try {
        const head = random.chance(0.6) ? token : mutateBytes(token, random);
        const rest = frames.map((frame) => (random.chance(0.5) ? mutateBytes(frame, random) : frame));
        await new Promise((resolve) => socket.write(Buffer.concat([head, ...rest]), resolve));
        await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
      } finally {
        socket.destroy();
        cancel(new ProtocolError("STREAM_CLOSED", "done"));
      }
      return undefined;
    },
    works: async () => {
      const { token, taken } = expect();
      const socket = dial();
      socket.write(token);
      const mux = await taken;
      mux.end(new ProtocolError("STREAM_CLOSED", "done"));
      socket.destroy();
      return true;
    },
    stop: async () => {
      await listener.stop();
    },
  };
}
