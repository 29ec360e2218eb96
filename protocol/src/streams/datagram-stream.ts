import { type Stream } from "@libp2p/interface";
import { ProtocolError } from "../errors/index.ts";
import { ByteQueue } from "./byte-queue.ts";
import { takeLeftover } from "./leftover.ts";
import { finishStream, isAlive } from "./stream-ends.ts";

/** Largest payload of a UDP datagram over IPv4, in bytes: 65,535 less 20 of IP and 8 of UDP (RFC 768, RFC 791). */
export const MAX_DATAGRAM_BYTES = 65_507;
/** Bytes that wait for a slow reader; a datagram that comes after them is lost, as on any full link. */
const MAX_QUEUED_BYTES = 256 * 1024;
const HEADER_BYTES = 2;

/**
 * Datagrams over one libp2p stream: uint16 length, big endian, then the payload. Their order is kept; those that come
 * while the other side does not read are lost.
 */
export class DatagramStream {
  /** Resolves when the stream is over, whoever ended it and however. */
  readonly closed: Promise<void>;
  /** Bytes of payload that went through. */
  readonly counts = { sent: 0, received: 0 };
  readonly #stream: Stream;
  readonly #queue = new ByteQueue();
  readonly #receive: (payload: Uint8Array) => void;

  /** @param receive Takes each datagram that arrives, from the next turn of the event loop on. */
  constructor(stream: Stream, receive: (payload: Uint8Array) => void) {
    this.#stream = stream;
    this.#receive = receive;
    stream.addEventListener("message", ({ data }) => {
      this.#take(data);
    });
    this.closed = new Promise((resolve) => {
      if (!isAlive(stream)) resolve();
      stream.addEventListener("close", () => {
        resolve();
      });
      // The other side is done, and a session of datagrams has no half.
      const end = (): void => {
        this.close();
      };
      if (stream.readableEnded) setTimeout(end, 0);
      stream.addEventListener("end", end, { once: true });
    });
    setTimeout(() => {
      const rest = takeLeftover(stream);
      if (rest !== undefined) this.#take(rest);
    }, 0);
  }

  /** Sends a datagram of at most MAX_DATAGRAM_BYTES. @returns False when it is lost. */
  send(payload: Uint8Array): boolean {
    const { writeStatus, writeBufferLength } = this.#stream;
    if (writeStatus !== "writable" || writeBufferLength > MAX_QUEUED_BYTES) return false;
    if (payload.length > MAX_DATAGRAM_BYTES) return false;
    const frame = new Uint8Array(HEADER_BYTES + payload.length);
    new DataView(frame.buffer).setUint16(0, payload.length);
    frame.set(payload, HEADER_BYTES);
    this.#stream.send(frame);
    this.counts.sent += payload.length;
    return true;
  }

  close(): void {
    finishStream(this.#stream);
  }

  #take(data: Uint8Array | Iterable<Uint8Array>): void {
    this.#queue.push(data);
    for (;;) {
      const header = this.#queue.peek(HEADER_BYTES);
      if (header === undefined) return;
      const length = new DataView(header.buffer).getUint16(0);
      if (length > MAX_DATAGRAM_BYTES) {
        this.#stream.abort(
          new ProtocolError("INPUT_INVALID", `A datagram of ${length} bytes is no datagram.`),
        );
        return;
      }
      const frame = this.#queue.take(HEADER_BYTES + length);
      if (frame === undefined) return;
      this.counts.received += length;
      this.#receive(frame.subarray(HEADER_BYTES));
    }
  }
}
