import { AsyncLocalStorage } from "node:async_hooks";
import {
  type Connection,
  type Startable,
  type Stream,
  type StreamHandler,
  type StreamHandlerOptions,
  type StreamMiddleware,
} from "@libp2p/interface";
import { byteRate } from "../domain/byte-rate.ts";
import { type TokenBucket } from "../domain/token-bucket.ts";

/** Streams of the circuit relay: from the client that dials, and to the node that is dialled. */
const HOP = "/libp2p/circuit/relay/0.2.0/hop";
const STOP = "/libp2p/circuit/relay/0.2.0/stop";

/** What libp2p's registrar is needed for here. */
interface Registrar {
  getHandler(protocol: string): { readonly handler: StreamHandler; readonly options: StreamHandlerOptions };
  handle(protocol: string, handler: StreamHandler, options?: StreamHandlerOptions): Promise<void>;
  use(protocol: string, middleware: StreamMiddleware[]): void;
}

export interface RelayFlowComponents {
  readonly registrar: Registrar;
}

interface Client {
  readonly rate: TokenBucket;
  streams: number;
}

/**
 * Gives the circuit relay what it lacks: it reads from one side as fast as it can and keeps what the other side does
 * not take (its pipe has no backpressure, @libp2p/utils 7.4). Here a side is not read while the other one does not
 * take, so the relay holds no more than the windows of its two streams; nor while its client is over its rate.
 */
export class RelayFlow implements Startable {
  readonly #registrar: Registrar;
  readonly #bytesPerSecond: number;
  readonly #clients = new Map<string, Client>();
  /** The hop stream whose handler is running: the stop stream that it opens belongs to it. */
  readonly #opening = new AsyncLocalStorage<Relayed>();

  constructor({ registrar }: RelayFlowComponents, bytesPerSecond: number) {
    this.#registrar = registrar;
    this.#bytesPerSecond = bytesPerSecond;
  }

  start(): void {
    // The relay has not registered its handler yet.
  }

  async afterStart(): Promise<void> {
    const { handler, options } = this.#registrar.getHandler(HOP);
    const governed: StreamHandler = async (stream, connection) => {
      const relayed = new Relayed(stream, this.#enter(stream, connection));
      await this.#opening.run(relayed, async () => {
        await handler(relayed.hop, connection);
      });
    };
    await this.#registrar.handle(HOP, governed, { ...options, force: true });
    this.#registrar.use(STOP, [
      (stream, connection, next) => {
        next(this.#opening.getStore()?.join(stream) ?? stream, connection);
      },
    ]);
  }

  stop(): void {
    this.#clients.clear();
  }

  /** The rate that all relayed connections of one client share. */
  #enter(stream: Stream, { remotePeer }: Connection): TokenBucket {
    const key = remotePeer.toString();
    const client = this.#clients.get(key) ?? {
      rate: byteRate(this.#bytesPerSecond, performance.now()),
      streams: 0,
    };
    this.#clients.set(key, client);
    client.streams += 1;
    stream.addEventListener(
      "close",
      () => {
        client.streams -= 1;
        if (client.streams === 0) this.#clients.delete(key);
      },
      { once: true },
    );
    return client.rate;
  }
}

/** The two streams of one relayed connection. */
class Relayed {
  readonly hop: Stream;
  readonly #fromClient: Valve;
  readonly #rate: TokenBucket;
  #fromNode: Valve | undefined;

  constructor(hop: Stream, rate: TokenBucket) {
    this.#rate = rate;
    this.#fromClient = new Valve(hop);
    this.hop = this.#governed(hop, () => this.#fromNode);
  }

  join(stop: Stream): Stream {
    this.#fromNode = new Valve(stop);
    return this.#governed(stop, () => this.#fromClient);
  }

  /** The stream as the relay gets it: what it sends decides whether its source is read on. */
  #governed(stream: Stream, source: () => Valve | undefined): Stream {
    const take = (): void => {
      // The stream goes on sending right after this event.
      setImmediate(() => {
        if (!stream.writableNeedsDrain && stream.writeBufferLength === 0) source()?.open("full");
      });
    };
    stream.addEventListener("drain", take);
    stream.addEventListener("idle", take);
    const send: Stream["send"] = (data) => {
      const isTaken = stream.send(data);
      const from = source();
      if (!isTaken) from?.close("full");
      const waitMs = this.#rate.spend(data.byteLength, performance.now());
      if (waitMs > 0) from?.closeFor(waitMs);
      return isTaken;
    };
    return withMethods(stream, { send, ...readOnce(stream) });
  }
}

type Listener = Parameters<Stream["addEventListener"]>[1];

/**
 * The relay's pipe ends with the other side's last word (`remoteCloseWrite`), though a paused stream has more to give:
 * here it learns of the end when everything was given (`end`). And it listens twice to the client's stream, of which
 * the second listener keeps all that comes, and nobody reads it (`pipe(src, dst, src)`, @libp2p/utils 7.4): here a
 * stream has one reader at a time.
 */
function readOnce(stream: Stream): Pick<Stream, "addEventListener" | "removeEventListener"> {
  const wrapped = new Map<Listener, () => void>();
  let reader: Listener | undefined;
  return {
    addEventListener: (...[type, listener, options]: Parameters<Stream["addEventListener"]>): void => {
      if (type === "message") {
        if (reader !== undefined) return;
        reader = listener;
      }
      if (type !== "remoteCloseWrite") {
        stream.addEventListener(type, listener, options);
        return;
      }
      const onEnd = (): void => {
        // A stream that was reset emits `end` as well; its `close` has the error.
        if (stream.status === "open" || stream.status === "closing") call(listener, new Event(type));
      };
      wrapped.set(listener, onEnd);
      stream.addEventListener("end", onEnd, options);
    },
    removeEventListener: (...[type, listener]: Parameters<Stream["removeEventListener"]>): void => {
      if (type === "message" && listener === reader) reader = undefined;
      const onEnd = type === "remoteCloseWrite" ? wrapped.get(listener ?? null) : undefined;
      if (onEnd === undefined) stream.removeEventListener(type, listener);
      else stream.removeEventListener("end", onEnd);
    },
  };
}

function call(listener: Listener, event: Event): void {
  if (typeof listener === "function") listener(event);
  else listener?.handleEvent(event);
}

/** The same stream with other methods in the place of some of its own. */
function withMethods(stream: Stream, methods: Partial<Stream>): Stream {
  return new Proxy(stream, {
    get: (target, key) => {
      if (key in methods) return Reflect.get(methods, key) as unknown;
      const value: unknown = Reflect.get(target, key, target);
      // Its methods reach for private fields; what it merely holds, such as its logger, stays as it is.
      const isMethod = typeof value === "function" && !Object.hasOwn(target, key);
      return isMethod ? (value.bind(target) as unknown) : value;
    },
    set: (target, key, value) => Reflect.set(target, key, value, target),
  });
}

/** Stops reading a stream, for one reason or two. */
class Valve {
  readonly #stream: Stream;
  readonly #reasons = new Set<"full" | "rate">();
  #timer: NodeJS.Timeout | undefined;

  constructor(stream: Stream) {
    this.#stream = stream;
    stream.addEventListener("close", () => {
      clearTimeout(this.#timer);
    });
  }

  close(reason: "full" | "rate"): void {
    this.#reasons.add(reason);
    if (this.#stream.readStatus === "readable") this.#stream.pause();
  }

  open(reason: "full" | "rate"): void {
    this.#reasons.delete(reason);
    if (this.#reasons.size === 0 && this.#stream.readStatus === "paused") this.#stream.resume();
  }

  closeFor(ms: number): void {
    this.close("rate");
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.open("rate");
    }, ms);
  }
}
