import { type ClientRequest, type IncomingMessage } from "node:http";
import { type ErrorCode, errorCodes, ProtocolError } from "@fizz/protocol/errors";
import { type Caller } from "./caller.ts";
import { responseHeaders, trailerPairs } from "./domain/message-headers.ts";
import { type Failure, mayTryNext } from "./domain/next-case.ts";
import { type Guard } from "./front-counts.ts";
import { type ReplicaSet } from "./replica-set.ts";
import { type Replica } from "./replica.ts";
import { BodyPump } from "./body-pump.ts";
import { sendRequest } from "./upstream-agent.ts";
import { answerPage } from "./turn-away.ts";
import { type TunnelDuplex } from "./tunnel-duplex.ts";

/** A caller that neither sends nor reads for so long is cut off. */
const CALLER_STALL_MS = 60_000;
/** Silence after which an event stream is ended. */
const EVENT_STREAM_IDLE_MS = 3_600_000;
/** A container that gives no leave to send the body for so long gets it all the same (RFC 9110, 10.1.1). */
const CONTINUE_MS = 1_000;
const EVENT_STREAM = "text/event-stream";

export interface ExchangeInit {
  readonly caller: Caller;
  readonly replicas: ReplicaSet;
  /** Called once, with the status that the caller got; 0 when it went before. */
  readonly onEnd: (exchange: Exchange, status: number) => void;
  readonly onRefused: (guard: Guard) => void;
}

/** One request from its arrival to the end of its answer, over as many replicas as it takes. */
export class Exchange {
  readonly #caller: Caller;
  readonly #replicas: ReplicaSet;
  readonly #onEnd: ExchangeInit["onEnd"];
  readonly #onRefused: ExchangeInit["onRefused"];
  readonly #pump: BodyPump | undefined;
  readonly #startedAt = performance.now();
  #opening: AbortController | undefined;
  #upstream: ClientRequest | undefined;
  #connection: TunnelDuplex | undefined;
  #tries = 0;
  #status = 0;
  #isOver = false;
  #isAnswered = false;
  #timedOut = false;
  #limitMs = Infinity;
  #since = 0;

  constructor({ caller, replicas, onEnd, onRefused }: ExchangeInit) {
    this.#caller = caller;
    this.#replicas = replicas;
    this.#onEnd = onEnd;
    this.#onRefused = onRefused;
    if (caller.body !== undefined)
      this.#pump = new BodyPump(caller.body, {
        maxBytes: replicas.rules.maxBodyBytes,
        onState: (state) => {
          this.#await(state === "caller" ? CALLER_STALL_MS : this.#replicas.rules.sendTimeoutMs);
        },
        onEnd: () => {
          this.#await(this.#replicas.rules.readTimeoutMs);
          return this.#caller.trailers();
        },
        onTooLarge: () => {
          this.#refuseBody();
        },
      });
    caller.sink.once("close", () => {
      this.#end();
    });
  }

  /** Serves it; never throws. */
  async run(): Promise<void> {
    const { maxBodyBytes } = this.#replicas.rules;
    if ((this.#caller.contentLength ?? 0) > maxBodyBytes) {
      this.#refuseBody();
      return;
    }
    let tried: Set<Replica> | undefined;
    for (;;) {
      const replica = this.#replicas.choose(tried);
      if (replica === undefined) {
        this.#fail("REPLICA_UNAVAILABLE");
        return;
      }
      this.#tries += 1;
      const missed = await this.#try(replica);
      if (missed === undefined || this.#isOver) return;
      (tried ??= new Set()).add(replica);
      const isLast = tried.size >= this.#replicas.size;
      if (isLast || !this.#mayTryNext(missed.failure, missed.wasSent)) {
        this.#fail(missed.code);
        return;
      }
    }
  }

  /** Ends what waited for too long. */
  expire(now: number): void {
    // Held back by the bandwidth of its lease, nobody is slow.
    if (this.#connection?.isHeld === true) this.#since = now;
    if (now - this.#since < this.#limitMs) return;
    this.#limitMs = Infinity;
    this.#timedOut = true;
    if (this.#status !== 0) this.#cut();
    else if (this.#pump?.isWaitingForCaller === true) this.#fail("TIMEOUT");
    else this.#upstream?.destroy(new ProtocolError("REPLICA_TIMEOUT", "The replica did not answer in time."));
  }

  /** @returns What went wrong, when another replica may be asked. */
  async #try(replica: Replica): Promise<Missed | undefined> {
    replica.inFlight += 1;
    try {
      const idle = replica.connections.takeIdle();
      const first = idle === undefined ? undefined : await this.#attempt(replica, idle);
      // A kept connection may have been ended by the container at this very moment: that says nothing about it.
      const isStale = first !== undefined && first.failure === "error" && this.#isRepeatable(first);
      if (idle !== undefined && !isStale) return this.#note(replica, first);
      const fresh = await this.#connect(replica);
      if (!("write" in fresh)) return this.#note(replica, fresh);
      return this.#note(replica, await this.#attempt(replica, fresh));
    } finally {
      replica.inFlight -= 1;
    }
  }

  #note(replica: Replica, missed: Missed | undefined): Missed | undefined {
    if (missed === undefined || this.#isOver) return missed;
    // A node that is away says nothing about the health of one container; neither do these two answers.
    const isNeutral = missed.code === "NODE_OFFLINE" || missed.failure === 403 || missed.failure === 404;
    if (!isNeutral) replica.failed();
    return missed;
  }

  async #connect(replica: Replica): Promise<TunnelDuplex | Missed> {
    this.#opening = new AbortController();
    try {
      return await replica.connect(this.#opening.signal);
    } catch (error) {
      const code = error instanceof ProtocolError ? error.code : "REPLICA_UNAVAILABLE";
      if (code === "NODE_OFFLINE") return { failure: "error", code, wasSent: false };
      if (code === "TIMEOUT") return { failure: "timeout", code: "REPLICA_TIMEOUT", wasSent: false };
      return { failure: "error", code: "REPLICA_UNAVAILABLE", wasSent: false };
    }
  }

  async #attempt(replica: Replica, connection: TunnelDuplex): Promise<Missed | undefined> {
    if (this.#isOver) {
      connection.destroy();
      return undefined;
    }
    return await new Promise((resolve) => {
      const upstream = sendRequest(connection, this.#caller);
      this.#upstream = upstream;
      this.#connection = connection;
      this.#timedOut = false;
      upstream.on("response", (answer) => {
        const { statusCode = 0 } = answer;
        if (this.#passesOn(statusCode)) {
          upstream.destroy();
          resolve({ failure: statusCode, code: "REPLICA_FAILED", wasSent: true });
          return;
        }
        replica.succeeded();
        this.#answer(answer, () => {
          resolve(undefined);
        });
      });
      upstream.on("error", () => {
        if (this.#status !== 0 && !this.#isAnswered) this.#cut();
        resolve(
          this.#timedOut
            ? { failure: "timeout", code: "REPLICA_TIMEOUT", wasSent: true }
            : { failure: "error", code: "REPLICA_FAILED", wasSent: true },
        );
      });
      this.#send(upstream);
    });
  }

  #send(upstream: ClientRequest): void {
    const pump = this.#pump;
    if (pump === undefined) {
      upstream.end();
      this.#await(this.#replicas.rules.readTimeoutMs);
      return;
    }
    if (!this.#caller.expectsContinue || pump.hasBegun) {
      pump.start(upstream);
      return;
    }
    const proceed = (): void => {
      clearTimeout(timer);
      if (this.#isOver || this.#status !== 0 || this.#upstream !== upstream || pump.hasBegun) return;
      this.#caller.sendContinue();
      pump.start(upstream);
    };
    const timer = setTimeout(proceed, CONTINUE_MS);
    upstream.once("continue", proceed).once("close", () => {
      clearTimeout(timer);
    });
    upstream.flushHeaders();
    this.#await(this.#replicas.rules.readTimeoutMs);
  }

  #answer(answer: IncomingMessage, onDone: () => void): void {
    const caller = this.#caller;
    const { sink } = caller;
    const { readTimeoutMs } = this.#replicas.rules;
    this.#status = answer.statusCode ?? 0;
    const headers = responseHeaders(answer.rawHeaders);
    const limitMs = isEventStream(headers) ? EVENT_STREAM_IDLE_MS : readTimeoutMs;
    caller.respond({ status: this.#status, message: answer.statusMessage ?? "", headers });
    let isQuiet = true;
    this.#await(limitMs);
    answer.on("data", (chunk: Buffer) => {
      isQuiet = false;
      const ok = sink.write(chunk);
      this.#await(ok ? limitMs : CALLER_STALL_MS);
      if (!ok) answer.pause();
    });
    sink.on("drain", () => {
      this.#await(limitMs);
      answer.resume();
    });
    answer.on("end", () => {
      isQuiet = false;
      if (!answer.complete) {
        this.#cut();
      } else {
        this.#isAnswered = true;
        this.#connection = undefined;
        caller.finish(trailerPairs(answer.rawTrailers));
        if (this.#pump?.isOver === false) this.#upstream?.destroy();
      }
      onDone();
    });
    answer.on("error", () => {
      this.#cut();
      onDone();
    });
    setImmediate(() => {
      if (isQuiet && !this.#isOver) caller.flush();
    });
  }

  /** Whether another replica shall answer in place of one that gave this status. */
  #passesOn(status: number): boolean {
    const { cases } = this.#replicas.rules;
    return cases.has(status) && this.#tries < this.#replicas.size && this.#mayTryNext(status, true);
  }

  #mayTryNext(failure: Failure, wasSent: boolean): boolean {
    return mayTryNext(this.#replicas.rules, {
      method: this.#caller.method,
      failure,
      wasSent,
      tries: this.#tries,
      elapsedMs: performance.now() - this.#startedAt,
      bodyBegun: this.#pump?.hasBegun === true,
    });
  }

  #isRepeatable({ failure, wasSent }: Missed): boolean {
    return mayTryNext(STALE, {
      method: this.#caller.method,
      failure,
      wasSent,
      tries: 0,
      elapsedMs: 0,
      bodyBegun: this.#pump?.hasBegun === true,
    });
  }

  #refuseBody(): void {
    this.#onRefused("body_size");
    this.#fail("INPUT_TOO_LARGE");
  }

  #fail(code: ErrorCode): void {
    if (this.#isOver) return;
    if (this.#status !== 0) {
      this.#cut();
      return;
    }
    this.#status = errorCodes[code].status;
    this.#isAnswered = true;
    this.#pump?.stop();
    this.#upstream?.destroy();
    answerPage(this.#caller, code);
  }

  #cut(): void {
    this.#caller.abort();
  }

  #await(limitMs: number): void {
    this.#limitMs = limitMs;
    this.#since = performance.now();
  }

  #end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#limitMs = Infinity;
    this.#opening?.abort();
    this.#pump?.stop();
    const { sink } = this.#caller;
    if (!sink.writableFinished) this.#upstream?.destroy();
    this.#onEnd(this, sink.writableFinished ? this.#status : 0);
  }
}

/** What went wrong with one replica. */
interface Missed {
  readonly failure: Failure;
  readonly code: ErrorCode;
  readonly wasSent: boolean;
}

const STALE = {
  maxBodyBytes: 0,
  readTimeoutMs: 0,
  sendTimeoutMs: 0,
  maxTries: Infinity,
  maxTryTimeMs: Infinity,
  cases: new Set<Failure>(["error"]),
};

function isEventStream(headers: readonly string[]): boolean {
  for (let index = 0; index < headers.length; index += 2)
    if (headers[index]?.toLowerCase() === "content-type")
      return headers[index + 1]?.startsWith(EVENT_STREAM) === true;
  return false;
}
