import { ProtocolError } from "@fizz/protocol/errors";
import { readFields } from "./http-fields.ts";

/** A line with a chunk's size; all lines of trailers together. */
const MAX_SIZE_LINE = 1_024;
const MAX_TRAILER_BYTES = 16 * 1024;
const LINE_FEED = 0x0a;
const TOKEN = "[!#$%&'*+\\-.^_`|~0-9A-Za-z]+";
/** Extensions are allowed, and dropped (RFC 9112, 7.1.1). */
const SIZE = new RegExp(`^([0-9A-Fa-f]{1,12})(?:;${TOKEN}(?:=${TOKEN})?)*\\r\\n$`);
const FRAMING = new Set(["content-length", "transfer-encoding"]);
const END_OF_LINE = "\r\n";

/** Reads a body that comes in chunks, strictly. */
export class ChunkedBody {
  /** Fields behind the body: name, value, name, value. */
  trailers: readonly string[] = [];
  #phase: "size" | "data" | "end" | "trailers" = "size";
  /** Bytes that are missing of the chunk. */
  #left = 0;
  #line = "";
  #fields = "";

  /**
   * Takes what came.
   *
   * @param take Gets the pieces of the body.
   * @returns How many of these bytes belong to it, when it is over; undefined while it is not.
   * @throws ProtocolError REPLICA_FAILED when it is malformed
   */
  read(bytes: Buffer, take: (piece: Buffer) => void): number | undefined {
    let at = 0;
    while (at < bytes.length) {
      if (this.#phase === "data") {
        const end = Math.min(bytes.length, at + this.#left);
        this.#left -= end - at;
        if (this.#left === 0) this.#phase = "end";
        take(bytes.subarray(at, end));
        at = end;
        continue;
      }
      const feed = bytes.indexOf(LINE_FEED, at);
      const end = feed === -1 ? bytes.length : feed + 1;
      this.#gather(bytes.toString("latin1", at, end));
      at = end;
      if (feed !== -1 && this.#endLine()) return at;
    }
    return undefined;
  }

  #gather(text: string): void {
    this.#line += text;
    const most = this.#phase === "trailers" ? MAX_TRAILER_BYTES - this.#fields.length : MAX_SIZE_LINE;
    if (this.#line.length > most) throw broken();
  }

  /** @returns Whether the body is over. */
  #endLine(): boolean {
    const line = this.#line;
    this.#line = "";
    if (this.#phase === "size") this.#begin(line);
    else if (this.#phase === "end") {
      if (line !== END_OF_LINE) throw broken();
      this.#phase = "size";
    } else if (line === END_OF_LINE) return this.#finish();
    else this.#fields += line;
    return false;
  }

  #begin(line: string): void {
    const digits = SIZE.exec(line)?.[1];
    if (digits === undefined) throw broken();
    this.#left = Number.parseInt(digits, 16);
    this.#phase = this.#left === 0 ? "trailers" : "data";
  }

  #finish(): boolean {
    const trailers = readFields(this.#fields, 0);
    if (trailers === undefined || trailers.some(framesMessages)) throw broken();
    this.trailers = trailers;
    return true;
  }
}

/** Of names and values: a field that tells where a message ends, behind that end. */
function framesMessages(text: string, index: number): boolean {
  return index % 2 === 0 && FRAMING.has(text.toLowerCase());
}

function broken(): ProtocolError {
  return new ProtocolError("REPLICA_FAILED", "The answer of the container cannot be read.");
}
