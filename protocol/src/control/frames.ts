import { ProtocolError } from "../errors/index.ts";
import { toWire } from "../messages/index.ts";
import { type FramedStream } from "../streams/index.ts";

const encoder = new TextEncoder();
/** First byte of a frame: its kind. */
export const HEADER_BYTES = 1;

/** Sends bytes as frames of one kind, each at most `most` long. @throws ProtocolError STREAM_CLOSED, TIMEOUT */
export async function writePieces(
  framed: FramedStream,
  { kind, bytes, most }: { readonly kind: number; readonly bytes: Uint8Array; readonly most: number },
  signal: AbortSignal,
): Promise<void> {
  for (let at = 0; at < bytes.length; at += most)
    await framed.writeBytes(frameOf(kind, bytes.subarray(at, at + most)), signal);
}

/** @throws ProtocolError STREAM_CLOSED, TIMEOUT */
export async function writeJson(
  framed: FramedStream,
  { kind, json }: { readonly kind: number; readonly json: unknown },
  signal: AbortSignal,
): Promise<void> {
  await framed.writeBytes(frameOf(kind, encoder.encode(toWire(json))), signal);
}

export function frameOf(kind: number, payload: Uint8Array): Uint8Array {
  const frame = new Uint8Array(HEADER_BYTES + payload.length);
  frame[0] = kind;
  frame.set(payload, HEADER_BYTES);
  return frame;
}

export function unknownFrame(frame: Uint8Array): ProtocolError {
  return new ProtocolError("INPUT_INVALID", `The peer sent a frame of kind ${frame[0] ?? "none"}.`);
}
