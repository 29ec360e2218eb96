import { MuxPair, type MuxPairInit } from "./mux-pair.ts";
import { type TunnelOpen } from "@fizz/protocol/messages";
import { type ByteStream, type Mux, type OpenRequest } from "@fizz/protocol/streams";

export const KIB = 1024;
export const BUSY_LEASE = `0x${"b".repeat(64)}` as const;
export const CALM_LEASE = `0x${"c".repeat(64)}` as const;

export interface MuxWorld {
  readonly pair: MuxPair;
  /** Opens a channel; `far` is its other end, once it has arrived. */
  readonly open: (lease?: `0x${string}`) => { near: ByteStream; far: () => ByteStream; answers: string[] };
}

export interface Heard {
  readonly events: string[];
  readonly text: () => string;
  readonly length: () => number;
}

export interface RawFrames {
  readonly push: (type: number, id: number, payload?: Uint8Array) => void;
}

export function targetOf(leaseHash: `0x${string}` = BUSY_LEASE): TunnelOpen {
  return { leaseHash, service: "web", replica: 0, port: 80 };
}

export function muxWorld(init: MuxPairInit = {}): MuxWorld {
  const streams = new Map<number, ByteStream>();
  let opened = 0;
  let arrived = 0;
  const onOpen =
    init.onOpen ??
    (({ accept }: OpenRequest) => {
      accept();
    });
  const pair = new MuxPair({
    ...init,
    onOpen: (request) => {
      arrived += 1;
      streams.set(arrived, request.stream);
      onOpen(request);
    },
  });
  const open: MuxWorld["open"] = (lease = BUSY_LEASE) => {
    const answers: string[] = [];
    const near = pair.gateway.open(targetOf(lease), (error) => answers.push(error?.code ?? "ready"));
    opened += 1;
    const number = opened;
    const far = (): ByteStream => {
      const stream = streams.get(number);
      if (stream === undefined) throw new Error(`channel ${number} did not arrive`);
      return stream;
    };
    return { near, far, answers };
  };
  return { pair, open };
}

export function listenTo(stream: ByteStream | undefined): Heard {
  const pieces: Uint8Array[] = [];
  const events: string[] = [];
  stream?.addEventListener("message", ({ data }) =>
    pieces.push(...(data instanceof Uint8Array ? [data] : data)),
  );
  for (const type of ["drain", "idle", "end"] as const)
    stream?.addEventListener(type, () => events.push(type));
  stream?.addEventListener("close", ({ error }) => events.push(error === undefined ? "close" : "close!"));
  return {
    events,
    text: () => Buffer.concat(pieces).toString(),
    length: () => pieces.reduce((sum, { length }) => sum + length, 0),
  };
}

/** Raw frames to one end, as a foreign peer sends them; short ones byte by byte. */
export function framesTo(mux: Mux): RawFrames {
  return {
    push: (type: number, id: number, payload: Uint8Array = new Uint8Array(0)) => {
      const header = Buffer.alloc(9);
      header.writeUInt8(type);
      header.writeUInt32BE(id, 1);
      header.writeUInt32BE(payload.length, 5);
      if (payload.length < 100)
        for (const byte of Buffer.concat([header, payload])) mux.receive(Buffer.from([byte]));
      else mux.receive([header, payload]);
    },
  };
}

export function openPayload(): Uint8Array {
  return Buffer.from(JSON.stringify(targetOf()));
}
