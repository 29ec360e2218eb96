import { errorFromWire, errorToWire, ProtocolError, wireErrorSchema } from "../../errors/index.ts";
import { type TunnelOpen } from "../../messages/doors.ts";
import { fromWire, toWire } from "../../messages/wire.ts";
import { type ByteStream } from "../byte-stream.ts";
import { ChannelTable, type Entry, gone } from "./channel-table.ts";
import {
  bareFrame,
  type ControlFrame,
  FRAME,
  type FrameType,
  readUint32,
  refusedFrame,
  windowFrame,
} from "./frames.ts";
import { FrameReader, type PieceTaker } from "./frame-reader.ts";
import { Heartbeat } from "./heartbeat.ts";
import { MAX_CHANNELS, MAX_OPENING, MAX_REFUSAL_BYTES, MAX_WINDOW_BYTES, OPEN_TIMEOUT_MS } from "./limits.ts";
import { openPayload } from "./open-payload.ts";
import { Outbox } from "./outbox.ts";
import { TargetReader } from "./target-reader.ts";
import { violation } from "./violation.ts";

/** How a link's frames travel: one libp2p stream. */
export interface MuxLink {
  /** @returns False when it wants no more until `onDrain` is called. */
  write(pieces: readonly Uint8Array[]): boolean;
  /** Whether it takes bytes now. */
  readonly isOpen: boolean;
  /** Ends it at once. */
  abort(error: Error): void;
}

/** What the gateway asks of a node for one public connection. */
export interface OpenRequest {
  readonly target: TunnelOpen;
  /** Bytes may have arrived already; they wait for a listener. */
  readonly stream: ByteStream;
  /** The container is reached. Nothing is sent before. */
  readonly accept: () => void;
  readonly refuse: (error: unknown) => void;
}

export interface MuxInit {
  /** Runs a task after the present turn of the event loop: what is sent in one turn leaves together. */
  readonly defer: (task: () => void) => void;
  /** For a node: takes what the gateway opens. Without it, this is the gateway's end. */
  readonly onOpen?: (request: OpenRequest) => void;
  /** Called once, when the link has ended and everything on it. */
  readonly onEnd: (error: ProtocolError) => void;
  /** Milliseconds that only grow. */
  readonly now?: () => number;
  readonly maxChannels?: number;
  readonly maxOpening?: number;
}

const decoder = new TextDecoder("utf-8", { fatal: true });

/**
 * Many streams of bytes over one link: credit for each, turns for all, no round trip to open one. The owner calls
 * `receive` with what arrives, `onDrain` when the link takes more, `onLinkEnd` when it is gone, and `tick` every TICK_MS.
 */
export class Mux {
  readonly #link: MuxLink;
  readonly #init: MuxInit;
  readonly #table: ChannelTable;
  readonly #outbox: Outbox;
  readonly #reader: FrameReader;
  readonly #heartbeat: Heartbeat;
  readonly #targets = new TargetReader();
  #isEnded = false;

  constructor(link: MuxLink, init: MuxInit) {
    this.#link = link;
    this.#init = init;
    const now = init.now ?? (() => performance.now());
    this.#table = new ChannelTable({
      ready: (channel) => {
        this.#outbox.ready(channel);
      },
      grant: ({ id }, credit) => {
        this.#send(windowFrame(id, credit));
      },
      aborted: ({ id }) => {
        this.#reset(this.#table.get(id));
      },
      now,
    });
    this.#outbox = new Outbox({
      write: (pieces) => link.write(pieces),
      isOpen: () => link.isOpen,
      defer: init.defer,
      onSent: (channel) => {
        channel.afterSend();
        if (channel.writeStatus === "closed") this.#endSent(this.#table.get(channel.id));
      },
    });
    this.#reader = new FrameReader({
      data: (id, length) => this.#receiveData(id, length),
      control: (type, id, payload) => {
        this.#receiveControl[type](id, payload);
      },
    });
    this.#heartbeat = new Heartbeat({
      isGateway: init.onOpen === undefined,
      now,
      ping: (number) => {
        this.#send(bareFrame(FRAME.ping, number));
      },
      pong: (number) => {
        this.#send(bareFrame(FRAME.pong, number));
      },
    });
  }

  /** Channels that either side has not ended yet. */
  get channelCount(): number {
    return this.#table.size;
  }

  /** Last round trip in milliseconds; undefined before the first. */
  get rttMs(): number | undefined {
    return this.#heartbeat.rttMs;
  }

  get isEnded(): boolean {
    return this.#isEnded;
  }

  /**
   * Opens a channel at once. Bytes may be sent before the node has answered.
   *
   * @param target Not changed afterwards; made once and given again and again, it is encoded once.
   * @param onAnswer Called once: without an error when the container is reached, else before the channel closes.
   * @throws ProtocolError LIMIT_REACHED; STREAM_CLOSED when the link is gone
   */
  open(target: TunnelOpen, onAnswer: (error?: ProtocolError) => void): ByteStream {
    if (this.#isEnded) throw gone("The tunnel link to the node is gone.");
    const { maxChannels = MAX_CHANNELS, maxOpening = MAX_OPENING } = this.#init;
    if (this.#table.size >= maxChannels || this.#table.openingCount >= maxOpening)
      throw new ProtocolError("LIMIT_REACHED", "The node carries too many connections now.");
    const group = this.#outbox.enter(target.leaseHash);
    const entry = this.#table.add({ id: this.#table.freeId(), group, onAnswer });
    this.#send({ type: FRAME.open, id: entry.channel.id, body: openPayload(target) });
    return entry.channel;
  }

  /** Takes what arrived on the link. */
  receive(data: Uint8Array | Iterable<Uint8Array>): void {
    this.#heartbeat.heard();
    try {
      if (data instanceof Uint8Array) this.#reader.push(data);
      else for (const chunk of data) this.#reader.push(chunk);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.end(error);
    }
  }

  /** The link takes bytes again. */
  onDrain(): void {
    this.#outbox.resume();
  }

  onLinkEnd(cause?: unknown): void {
    this.end(gone("The tunnel link is gone.", cause));
  }

  /**
   * To be called every TICK_MS: gives a sign of life, notices a silent peer, and gives up what is not answered.
   *
   * @param isIdle For a gateway: nobody depends on the node now. It is called every IDLE_TICK_MS then, and fewer signs of life will do.
   */
  tick(isIdle = false): void {
    if (this.#isEnded) return;
    const silence = this.#heartbeat.tick(isIdle);
    if (silence !== undefined) this.end(silence);
    if (this.#table.openingCount === 0) return;
    for (const { channel } of this.#table.overdue(OPEN_TIMEOUT_MS))
      channel.abort(new ProtocolError("TIMEOUT", "The node did not reach the container in time."));
  }

  /** Ends the link and every channel. May be called again. */
  end(error: ProtocolError): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#reader.stop();
    this.#outbox.end();
    for (const entry of this.#table.clear()) {
      this.#table.answer(entry, error);
      entry.channel.reset(error);
    }
    this.#link.abort(error);
    this.#init.onEnd(error);
  }

  readonly #receiveControl: Readonly<
    Record<Exclude<FrameType, typeof FRAME.data>, (id: number, payload: Uint8Array) => void>
  > = {
    [FRAME.open]: (id, payload) => {
      this.#receiveOpen(id, payload);
    },
    [FRAME.ready]: (id) => {
      const entry = this.#requireUnanswered(id);
      entry.isReady = true;
      this.#table.answer(entry);
    },
    [FRAME.refused]: (id, payload) => {
      this.#receiveReset(this.#requireUnanswered(id), readRefusal(payload));
    },
    [FRAME.fin]: (id) => {
      const entry = this.#requireSending(id);
      entry.hasReceivedEnd = true;
      entry.channel.receiveEnd();
      this.#freeIfOver(entry);
    },
    // A reset, or credit, may cross the end of a channel: it is no violation when there is none any more.
    [FRAME.rst]: (id) => {
      const entry = this.#table.get(id);
      if (entry !== undefined) this.#receiveReset(entry, gone("The other side reset the stream."));
    },
    [FRAME.window]: (id, payload) => {
      const isWithin = this.#table.get(id)?.channel.grant(readUint32(payload, 0), MAX_WINDOW_BYTES);
      if (isWithin === false) throw violation("credit-overflow", "more credit than a window has.");
    },
    [FRAME.ping]: (number) => {
      this.#heartbeat.pinged(number);
    },
    [FRAME.pong]: (number) => {
      this.#heartbeat.answered(number);
    },
  };

  #receiveData(id: number, length: number): PieceTaker {
    const { channel } = this.#requireSending(id);
    if (!channel.window.receive(length)) throw violation("credit-overrun", "more data than was granted.");
    return channel;
  }

  #receiveOpen(id: number, payload: Uint8Array): void {
    const { onOpen, maxChannels = MAX_CHANNELS, maxOpening = MAX_OPENING } = this.#init;
    if (onOpen === undefined) throw violation("wrong-direction", "a node opens nothing.");
    if (this.#table.get(id) !== undefined) throw violation("channel-in-use", `channel ${id} is open.`);
    if (this.#table.size >= 2 * maxChannels) throw violation("too-many-channels", "it ends none of them.");
    const isFull = this.#table.size >= maxChannels || this.#table.openingCount >= maxOpening;
    const target = this.#targets.read(payload);
    const isRead = !(target instanceof ProtocolError);
    const group = this.#outbox.enter(isRead ? target.leaseHash : "");
    const entry = this.#table.add({ id, group, onAnswer: undefined });
    if (!isRead) this.#refuse(entry, target);
    else if (isFull)
      this.#refuse(entry, new ProtocolError("LIMIT_REACHED", "The node carries too much now."));
    else
      onOpen({
        target,
        stream: entry.channel,
        accept: () => {
          this.#accept(entry);
        },
        refuse: (error) => {
          this.#refuse(entry, error);
        },
      });
  }

  #accept(entry: Entry): void {
    if (entry.isReady || entry.channel.status !== "open") return;
    entry.isReady = true;
    this.#table.answer(entry);
    this.#send(bareFrame(FRAME.ready, entry.channel.id));
  }

  #refuse(entry: Entry, error: unknown): void {
    if (entry.isReady || entry.channel.status !== "open") return;
    this.#table.answer(entry);
    this.#send(refusedFrame(entry.channel.id, refusal(error)));
    this.#endSent(entry);
    entry.channel.reset(gone("The connection was refused."));
  }

  #requireUnanswered(id: number): Entry {
    const entry = this.#table.get(id);
    if (this.#init.onOpen !== undefined) throw violation("wrong-direction", "a gateway answers nothing.");
    if (entry === undefined) throw violation("unknown-channel", `channel ${id} is not open.`);
    if (entry.isReady || entry.hasReceivedEnd) throw violation("wrong-state", "a second answer.");
    return entry;
  }

  #requireSending(id: number): Entry {
    const entry = this.#table.get(id);
    if (entry === undefined) throw violation("unknown-channel", `channel ${id} is not open.`);
    const hasAnswered = entry.isReady || this.#init.onOpen !== undefined;
    if (entry.hasReceivedEnd || !hasAnswered)
      throw violation("wrong-state", "data before or after its time.");
    return entry;
  }

  #receiveReset(entry: Entry, error: ProtocolError): void {
    entry.hasReceivedEnd = true;
    if (!entry.hasSentEnd) {
      this.#send(bareFrame(FRAME.rst, entry.channel.id));
      entry.hasSentEnd = true;
    }
    this.#freeIfOver(entry);
    this.#table.answer(entry, error);
    entry.channel.reset(error);
  }

  #reset(entry: Entry | undefined): void {
    if (entry === undefined) return;
    this.#table.answer(entry, gone("The connection was given up."));
    this.#send(bareFrame(FRAME.rst, entry.channel.id));
    this.#endSent(entry);
  }

  #endSent(entry: Entry | undefined): void {
    if (entry === undefined) return;
    entry.hasSentEnd = true;
    this.#freeIfOver(entry);
  }

  #freeIfOver(entry: Entry): void {
    if (this.#table.freeIfOver(entry)) this.#outbox.leave(entry.channel.group);
  }

  #send(frame: ControlFrame): void {
    if (!this.#outbox.control(frame)) this.end(violation("does-not-read", "it does not take its frames."));
  }
}

function readRefusal(payload: Uint8Array): ProtocolError {
  try {
    return errorFromWire(fromWire(wireErrorSchema, JSON.parse(decoder.decode(payload)) as unknown));
  } catch {
    throw violation("malformed-refusal", "a refusal that cannot be read.");
  }
}

/** The JSON of an error, without its details when they are too long. */
function refusal(error: unknown): string {
  const wire = errorToWire(error);
  const text = toWire(wire);
  if (new TextEncoder().encode(text).length <= MAX_REFUSAL_BYTES) return text;
  return toWire({ code: wire.code, message: wire.message, retryable: wire.retryable });
}
