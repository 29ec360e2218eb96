import { type Socket } from "node:net";
import { readRequestHead, type RequestHead } from "./domain/request-head.ts";
import { type Exchanges } from "./exchanges.ts";
import { QuickBody } from "./quick-body.ts";
import { QuickCaller } from "./quick-caller.ts";
import { type Direction } from "./reception.ts";
import { type Visitor } from "./visitor.ts";

/** Bytes of a request's line and headers. Longer ones are for the long way, which refuses them. */
const MAX_HEAD_BYTES = 16 * 1024;
/** Time to read on after an early answer: a caller that is cut while it sends does not see the answer. */
const LINGER_MS = 2_000;
const END_OF_HEAD = Buffer.from("\r\n\r\n");
const LAST_LINE_BYTES = 2;

export interface QuickConnectionInit {
  readonly socket: Socket;
  readonly visitor: Visitor;
  readonly exchanges: Exchanges;
  /** Where a request goes. */
  readonly direct: (visitor: Visitor, request: RequestHead) => Direction;
  /** Answers in the gateway's own name. */
  readonly turnAway: (caller: QuickCaller, direction: Exclude<Direction, { type: "served" }>) => void;
  /** Takes the connection with all that was not served yet. */
  readonly serveOther: (socket: Socket) => void;
  /** The connection is no longer served here. */
  readonly onLeave: (connection: QuickConnection) => void;
  readonly keepAliveS: number;
}

/**
 * A public connection of HTTP/1.1 whose requests are read here while they ask for nothing special. With the first one
 * that does, or that cannot be read whole at once, Node's server takes the connection over.
 */
export class QuickConnection {
  readonly #init: QuickConnectionInit;
  /** Since when it waits for a request. */
  #since = performance.now();
  #hasAsked = false;
  /** Since when an answer of the gateway's own waits to be taken; 0 while none does. */
  #answeredAt = 0;
  #caller: QuickCaller | undefined;
  #body: QuickBody | undefined;
  /** What came behind the request that is being served. */
  #rest: Buffer | undefined;
  #keepsAlive = true;
  #linger: NodeJS.Timeout | undefined;
  #isOver = false;

  constructor(init: QuickConnectionInit) {
    this.#init = init;
    const { socket } = init;
    socket.on("data", this.#onData);
    socket.on("drain", this.#onDrain);
    socket.on("end", this.#onEnd);
    socket.on("close", this.#onClose);
  }

  /** Whether it has asked before. */
  get hasAsked(): boolean {
    return this.#hasAsked;
  }

  get socket(): Socket {
    return this.#init.socket;
  }

  /** Milliseconds for which it has waited for a request; 0 while it has one. */
  waitedMs(now: number): number {
    return this.#caller === undefined && this.#linger === undefined ? now - this.#since : 0;
  }

  /** Milliseconds for which an answer of the gateway's own was not taken; 0 when there is none. */
  unreadMs(now: number): number {
    return this.#caller === undefined || this.#answeredAt === 0 ? 0 : now - this.#answeredAt;
  }

  /** Nothing is read any more, and nobody is told. */
  leave(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    clearTimeout(this.#linger);
    const { socket, onLeave } = this.#init;
    socket.off("data", this.#onData);
    socket.off("drain", this.#onDrain);
    socket.off("end", this.#onEnd);
    socket.off("close", this.#onClose);
    onLeave(this);
  }

  readonly #onData = (bytes: Buffer): void => {
    if (this.#linger !== undefined) this.#discard(bytes);
    else if (this.#caller === undefined) this.#begin(bytes);
    else {
      const rest = this.#body === undefined ? bytes : this.#body.push(bytes);
      if (rest !== undefined) this.#keep(rest);
    }
  };

  readonly #onDrain = (): void => {
    this.#caller?.drained();
  };

  /** A caller that ends its side before its answer is gone. */
  readonly #onEnd = (): void => {
    const { socket } = this.#init;
    if (this.#caller === undefined) socket.end();
    else socket.destroy();
  };

  readonly #onClose = (): void => {
    const caller = this.#caller;
    this.#caller = undefined;
    this.leave();
    caller?.closed();
  };

  /** Whether nothing that came waits for its turn. */
  get #wantsMore(): boolean {
    return !this.#isOver && this.#rest === undefined;
  }

  /** What follows the request waits for its end. */
  #keep(rest: Buffer): void {
    this.#rest = this.#rest === undefined ? rest : Buffer.concat([this.#rest, rest]);
    this.#init.socket.pause();
  }

  #begin(bytes: Buffer): void {
    const end = bytes.indexOf(END_OF_HEAD);
    const isWhole = end !== -1 && end <= MAX_HEAD_BYTES;
    const request = isWhole ? readRequestHead(bytes.toString("latin1", 0, end + LAST_LINE_BYTES)) : undefined;
    if (request === undefined) {
      this.#handOver(bytes);
      return;
    }
    const from = end + END_OF_HEAD.length;
    this.#serve(request, bytes.length > from ? bytes.subarray(from) : undefined);
  }

  #serve(request: RequestHead, rest: Buffer | undefined): void {
    const { socket, visitor, exchanges, direct, turnAway, keepAliveS } = this.#init;
    const { contentLength = 0, keepsAlive, host } = request;
    this.#hasAsked = true;
    this.#keepsAlive = keepsAlive;
    this.#body = contentLength > 0 ? new QuickBody(socket, contentLength) : undefined;
    const caller = new QuickCaller({
      socket,
      request,
      body: this.#body,
      forwarded: visitor.forwardedLines(host),
      keepAliveS,
      mayFollow: () => (this.#keepsAlive &&= this.#isWhole),
      onDone: () => {
        this.#done();
      },
    });
    this.#caller = caller;
    const direction = direct(visitor, request);
    const behind = rest === undefined || this.#body === undefined ? rest : this.#body.push(rest);
    if (behind !== undefined) this.#keep(behind);
    this.#answeredAt = direction.type === "served" ? 0 : performance.now();
    if (direction.type === "served") exchanges.begin(caller, direction.replicas);
    else turnAway(caller, direction);
  }

  /** Whether all of the request has come. */
  get #isWhole(): boolean {
    return (this.#body?.missing ?? 0) === 0;
  }

  #done(): void {
    const { socket } = this.#init;
    this.#caller = undefined;
    if (this.#isOver) return;
    if (!this.#isWhole) this.#lingerOn();
    else if (!this.#keepsAlive) this.#endNow();
    else {
      this.#body = undefined;
      this.#since = performance.now();
      if (this.#rest !== undefined) setImmediate(this.#beginNext);
      else if (socket.isPaused()) socket.resume();
    }
  }

  readonly #beginNext = (): void => {
    const rest = this.#rest;
    this.#rest = undefined;
    if (this.#isOver || rest === undefined) return;
    this.#begin(rest);
    // A caller that goes must be heard.
    if (this.#wantsMore) this.#init.socket.resume();
  };

  /** The caller still sends what nobody wants: an end now could cost it the answer. */
  #lingerOn(): void {
    this.#linger = setTimeout(() => {
      this.#endNow();
    }, LINGER_MS);
    this.#init.socket.resume();
  }

  #discard(bytes: Buffer): void {
    const body = this.#body;
    body?.resume();
    body?.push(bytes);
    if (this.#isWhole) this.#endNow();
  }

  #endNow(): void {
    clearTimeout(this.#linger);
    this.#init.socket.destroySoon();
  }

  /** Node's server goes on with the bytes that were not served. */
  #handOver(bytes: Buffer): void {
    const { socket, serveOther } = this.#init;
    this.leave();
    socket.pause();
    socket.unshift(bytes);
    serveOther(socket);
    if (socket.isPaused()) socket.resume();
  }
}
