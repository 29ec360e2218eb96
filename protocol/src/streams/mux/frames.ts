/**
 * Frames of a tunnel link: type (uint8), channel (uint32), length of the payload (uint32), payload; big endian.
 * Only the gateway opens channels. Each direction of a channel ends with FIN or RST; REFUSED is the RST of a node
 * that says why. A side that gets RST and has not ended its own direction answers with RST: a number is free again when
 * both have ended, and DATA for a free number is a violation.
 */
export const FRAME = {
  /** gateway → node: JSON of tunnelOpenSchema. Data may follow before READY. */
  open: 1,
  /** node → gateway: the container is reached. */
  ready: 2,
  /** node → gateway, instead of READY: JSON of a wire error. */
  refused: 3,
  data: 4,
  /** No more data in this direction. */
  fin: 5,
  /** No more data, and what comes is not read. */
  rst: 6,
  /** uint32: bytes that the other side may send more. */
  window: 7,
  /**
   * Its channel field is a number that PONG repeats. A node says PONG unasked too, with the number of the last one, unless
   * that was QUIET_PING or above.
   */
  ping: 8,
  pong: 9,
} as const;

export type FrameType = (typeof FRAME)[keyof typeof FRAME];

export const HEADER_BYTES = 9;
/** Channel numbers are below this; they are used again after it. */
export const CHANNEL_NUMBERS = 2 ** 32;

/** From this number on a PING asks the node to say PONG to pings alone, until there is one below it. */
export const QUIET_PING = 2 ** 31;

const encoder = new TextEncoder();

/** A frame that is not DATA. */
export interface ControlFrame {
  readonly type: Exclude<FrameType, typeof FRAME.data>;
  /** Channel, or the number of a PING. */
  readonly id: number;
  /** Payload; not changed afterwards. */
  readonly body: Uint8Array;
}

const NOTHING = new Uint8Array(0);

/** One without a payload. */
export function bareFrame(type: ControlFrame["type"], id: number): ControlFrame {
  return { type, id, body: NOTHING };
}

/** REFUSED. @param json Of a wire error. */
export function refusedFrame(id: number, json: string): ControlFrame {
  return { type: FRAME.refused, id, body: encoder.encode(json) };
}

export function windowFrame(id: number, credit: number): ControlFrame {
  const body = new Uint8Array(4);
  writeUint32(body, 0, credit);
  return { type: FRAME.window, id, body };
}

export function readUint32(bytes: Uint8Array, at: number): number {
  const [a, b] = [bytes[at] ?? 0, bytes[at + 1] ?? 0];
  return ((a << 24) | (b << 16) | ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0)) >>> 0;
}

function writeUint32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 24;
  bytes[at + 1] = value >>> 16;
  bytes[at + 2] = value >>> 8;
  bytes[at + 3] = value;
}

export function writeHeader(
  bytes: Uint8Array,
  at: number,
  { type, id, length }: { readonly type: FrameType; readonly id: number; readonly length: number },
): void {
  bytes[at] = type;
  writeUint32(bytes, at + 1, id);
  writeUint32(bytes, at + 5, length);
}
