import { type DatagramStream } from "@fizz/protocol/streams";

/** Time for the node to find its container. */
const OPEN_TIMEOUT_MS = 10_000;
/** Datagrams, and their bytes, that wait while the way to the container opens; more are lost. */
const MAX_WAITING = 32;
const MAX_WAITING_BYTES = 128 * 1024;
/** Silence in both directions after which a session is over: with no answer yet, and with one (Linux conntrack's). */
const UNANSWERED_IDLE_MS = 30_000;
const ANSWERED_IDLE_MS = 120_000;
/** A way that could not be opened is not tried again for so long. */
const RETRY_AFTER_MS = 1_000;

/** Opens the way to the container for one sender. Fails when there is none. */
export type OpenSession = (init: {
  /** Where the sender is. */
  readonly address: string;
  readonly receive: (payload: Uint8Array) => void;
  readonly signal: AbortSignal;
}) => Promise<DatagramStream>;

export interface UdpSessionInit {
  /** Where the sender is. */
  readonly address: string;
  readonly open: OpenSession;
  /** Sends a datagram back to the sender. */
  readonly answer: (payload: Uint8Array) => void;
  /** Called once. */
  readonly onEnd: () => void;
  /** Whether a datagram of so many bytes may pass, in either direction; all may when left out. */
  readonly mayPass?: (bytes: number) => boolean;
  /** Milliseconds that only grow; the process's own when left out. */
  readonly now?: () => number;
}

/** The datagrams between one sender and the container, from the first one until both are silent. */
export class UdpSession {
  readonly #init: UdpSessionInit;
  readonly #gone = new AbortController();
  readonly #waiting: Uint8Array[] = [];
  #waitingBytes = 0;
  #stream: DatagramStream | undefined;
  #isAnswered = false;
  #hasFailed = false;
  #ended = false;
  #endsAt: number;

  constructor(init: UdpSessionInit) {
    this.#init = init;
    this.#endsAt = this.#now() + UNANSWERED_IDLE_MS;
    void this.#start();
  }

  /** Takes a datagram of the sender. */
  push(payload: Uint8Array): void {
    this.#stay();
    if (this.#stream !== undefined) {
      if (this.#mayPass(payload)) this.#stream.send(payload);
      return;
    }
    if (this.#waiting.length >= MAX_WAITING || this.#waitingBytes + payload.length > MAX_WAITING_BYTES)
      return;
    this.#waiting.push(payload);
    this.#waitingBytes += payload.length;
  }

  endIfIdle(): void {
    if (this.#now() >= this.#endsAt) this.end();
  }

  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#gone.abort();
    this.#stream?.close();
    this.#init.onEnd();
  }

  async #start(): Promise<void> {
    try {
      const signal = AbortSignal.any([this.#gone.signal, AbortSignal.timeout(OPEN_TIMEOUT_MS)]);
      const receive = (payload: Uint8Array): void => {
        this.#receive(payload);
      };
      const stream = await this.#init.open({ address: this.#init.address, receive, signal });
      if (this.#ended) {
        stream.close();
        return;
      }
      this.#stream = stream;
      for (const payload of this.#waiting.splice(0)) if (this.#mayPass(payload)) stream.send(payload);
      await stream.closed;
      this.end();
    } catch {
      // It stays for a moment, so that a sender that goes on does not ask the node with every datagram.
      this.#endsAt = this.#now() + RETRY_AFTER_MS;
      this.#hasFailed = true;
    }
  }

  #receive(payload: Uint8Array): void {
    this.#isAnswered = true;
    this.#stay();
    if (!this.#ended && this.#mayPass(payload)) this.#init.answer(payload);
  }

  #mayPass(payload: Uint8Array): boolean {
    return this.#init.mayPass?.(payload.length) ?? true;
  }

  #now(): number {
    return (this.#init.now ?? (() => performance.now()))();
  }

  #stay(): void {
    if (this.#hasFailed) return;
    this.#endsAt = this.#now() + (this.#isAnswered ? ANSWERED_IDLE_MS : UNANSWERED_IDLE_MS);
  }
}
