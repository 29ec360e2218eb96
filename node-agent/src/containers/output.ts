import { type Readable } from "node:stream";
import { ProtocolError } from "@fizz/protocol/errors";
import { type OutputLine } from "../ports.ts";
import { isPrematureClose } from "./engine-error.ts";

const HEADER_BYTES = 8;
/** Docker splits lines at 16 KiB; anything far larger is not a log frame. */
const MAX_FRAME_BYTES = 1024 * 1024;

const decoder = new TextDecoder("utf-8");

/**
 * Reads the engine's multiplexed log stream: `[stream, 0, 0, 0, uint32 length]` and one entry with its timestamp.
 * Reading waits for the consumer, and the stream is destroyed when the consumer stops.
 */
export async function* readOutput(
  stream: Readable,
  signal: AbortSignal,
): AsyncGenerator<OutputLine, void, void> {
  const onAbort = (): void => {
    stream.destroy();
  };
  signal.addEventListener("abort", onAbort, { once: true });
  let rest: Buffer = Buffer.alloc(0);
  try {
    for await (const chunk of stream) {
      rest = rest.length === 0 ? (chunk as Buffer) : Buffer.concat([rest, chunk as Buffer]);
      for (let frame = takeFrame(rest); frame !== undefined; frame = takeFrame(rest)) {
        rest = frame.rest;
        yield frame.line;
      }
    }
  } catch (error) {
    if (!signal.aborted && !isPrematureClose(error)) throw error;
  } finally {
    signal.removeEventListener("abort", onAbort);
    stream.destroy();
  }
}

function takeFrame(buffer: Buffer): { line: OutputLine; rest: Buffer } | undefined {
  if (buffer.length < HEADER_BYTES) return undefined;
  const length = buffer.readUInt32BE(4);
  if (length > MAX_FRAME_BYTES)
    throw new ProtocolError("ENGINE_FAILED", `The Docker Engine sent a log entry of ${length} bytes.`);
  const end = HEADER_BYTES + length;
  if (buffer.length < end) return undefined;
  const text = decoder.decode(buffer.subarray(HEADER_BYTES, end));
  const space = text.indexOf(" ");
  return {
    line: {
      stream: buffer[0] === 2 ? "stderr" : "stdout",
      timestamp: text.slice(0, Math.max(0, space)),
      text: text.slice(space + 1).replace(/\r?\n$/, ""),
    },
    rest: buffer.subarray(end),
  };
}
