import { type ErrorCode, errorCodes, ProtocolError } from "@fizz/protocol/errors";
import { type Caller } from "./caller.ts";
import { type AnswerHead } from "./domain/answer-head.ts";
import { type HeaderList, responseHeaders, trailerPairs } from "./domain/message-headers.ts";
import { type Failure, mayTryNext } from "./domain/next-case.ts";
import { type Guard } from "./front-counts.ts";
import { type ReplicaSet } from "./replica-set.ts";
import { type Replica } from "./replica.ts";
import { BodyPump } from "./body-pump.ts";
import { type Asker, ReplicaConnection } from "./replica-connection.ts";
import { answerPage } from "./turn-away.ts";

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
  readonly onEnd: (status: number) => void;
  readonly onRefused: (guard: Guard) => void;
}

/** One request from its arrival to the end of its answer, over as many replicas as it takes. */
export class Exchange implements Asker {
  readonly #caller: Caller;
  readonly #replicas: ReplicaSet;
  readonly #onEnd: ExchangeInit["onEnd"];
  readonly #onRefused: ExchangeInit["onRefused"];
  readonly #pump: BodyPump | undefined;
  readonly #startedAt = performance.now();
  #opening: AbortController | undefined;
  /** The replica that is asked now, over a connection that is new or was kept. */
  #replica: Replica | undefined;
  #connection: ReplicaConnection | undefined;
  #isKept = false;
  #tried: Set<Replica> | undefined;
  #tries = 0;
  #patience: NodeJS.Timeout | undefined;
  #status = 0;
  #isOver = false;
  #isAnswered = false;
  #limitMs = Infinity;
  #since = 0;
  /** Silence of the container that ends its answer. */
  #silenceMs = Infinity;

  constructor({ caller, replicas, onEnd, onRefused }: ExchangeInit) {
    this.#caller = caller;
    this.#replicas = replicas;
    this.#onEnd = onEnd;
    this.#onRefused = onRefused;
    if (caller.body !== undefined) this.#pump = this.#makePump(caller.body);
    caller.sink.on("close", () => {
      this.#end();
    });
    caller.sink.on("drain", () => {
      this.#await(this.#silenceMs);
      this.#connection?.resume();
    });
  }

  /** Serves it; never throws. */
  run(): void {
    const { maxBodyBytes } = this.#replicas.rules;
    if ((this.#caller.contentLength ?? 0) > maxBodyBytes) this.#refuseBody();
    else this.#askNext();
  }

  /** Ends what waited for too long. */
  expire(now: number): void {
    // Held back by the bandwidth of its lease, nobody is slow.
    if (this.#connection?.isHeld === true) this.#since = now;
    if (now - this.#since < this.#limitMs) return;
    this.#limitMs = Infinity;
    if (this.#status !== 0) this.#cut();
    else if (this.#pump?.isWaitingForCaller === true) this.#fail("TIMEOUT");
    else this.#miss({ failure: "timeout", code: "REPLICA_TIMEOUT", wasSent: true });
  }

  answerContinues(): void {
    this.#mayStart();
  }

  answerBegins(head: AnswerHead): void {
    const { status, message, fields } = head;
    if (this.#passesOn(status)) {
      this.#miss({ failure: status, code: "REPLICA_FAILED", wasSent: true });
      return;
    }
    this.#replica?.succeeded();
    this.#status = status;
    const headers = responseHeaders(fields);
    this.#silenceMs = isEventStream(headers) ? EVENT_STREAM_IDLE_MS : this.#replicas.rules.readTimeoutMs;
    this.#caller.respond({ status, message, headers });
    this.#await(this.#silenceMs);
  }

  answerBrings(bytes: Uint8Array): boolean {
    const goesOn = this.#caller.sink.write(bytes);
    this.#await(goesOn ? this.#silenceMs : CALLER_STALL_MS);
    return goesOn;
  }

  answerRests(): void {
    const connection = this.#connection;
    // What is written behind the head is mostly there at once.
    setImmediate(() => {
      if (!this.#isOver && !this.#isAnswered && this.#connection === connection) this.#caller.flush();
    });
  }

  answerEnded(trailers: HeaderList): void {
    this.#isAnswered = true;
    this.#quit();
    this.#pump?.stop();
    this.#caller.finish(trailerPairs(trailers));
  }

  answerFailed(): void {
    this.#connection = undefined;
    if (this.#status === 0) this.#miss({ failure: "error", code: "REPLICA_FAILED", wasSent: true });
    else if (!this.#isAnswered) this.#cut();
  }

  requestGoesOn(): void {
    this.#pump?.goOn();
  }

  #makePump(body: NonNullable<Caller["body"]>): BodyPump {
    return new BodyPump(body, {
      maxBytes: this.#replicas.rules.maxBodyBytes,
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
  }

  #askNext(): void {
    const replica = this.#replicas.choose(this.#tried);
    if (replica === undefined) {
      this.#fail("REPLICA_UNAVAILABLE");
      return;
    }
    this.#tries += 1;
    this.#replica = replica;
    replica.inFlight += 1;
    const idle = replica.connections.takeIdle();
    this.#isKept = idle !== undefined;
    if (idle === undefined) void this.#connect(replica);
    else this.#ask(idle);
  }

  async #connect(replica: Replica): Promise<void> {
    const found = await this.#open(replica);
    const isGone = this.#isOver || this.#isAnswered;
    if (!(found instanceof ReplicaConnection)) {
      if (!isGone) this.#miss(found);
    } else if (isGone) found.destroy();
    else this.#ask(found);
  }

  async #open(replica: Replica): Promise<ReplicaConnection | Missed> {
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

  #ask(connection: ReplicaConnection): void {
    const { method, head, isChunked, body, expectsContinue } = this.#caller;
    this.#connection = connection;
    connection.ask({ method, head, body: bodyOf(body !== undefined, isChunked) }, this);
    const pump = this.#pump;
    if (pump !== undefined && (!expectsContinue || pump.hasBegun)) {
      pump.start(connection);
      return;
    }
    if (pump !== undefined)
      this.#patience = setTimeout(() => {
        this.#mayStart();
      }, CONTINUE_MS);
    this.#await(this.#replicas.rules.readTimeoutMs);
  }

  /** The caller may send its body now. */
  #mayStart(): void {
    const [pump, connection] = [this.#pump, this.#connection];
    clearTimeout(this.#patience);
    if (pump === undefined || connection === undefined || this.#isOver || this.#status !== 0) return;
    if (pump.hasBegun || !this.#caller.expectsContinue) return;
    this.#caller.sendContinue();
    pump.start(connection);
  }

  /** A replica did not answer: asks it once more, or another one, or gives up. */
  #miss(missed: Missed): void {
    const replica = this.#replica;
    this.#connection?.destroy();
    this.#connection = undefined;
    this.#pump?.hold();
    this.#limitMs = Infinity;
    if (replica === undefined || this.#isOver) return;
    // A kept connection may have been ended by the container at this very moment: that says nothing about it.
    if (this.#isKept && missed.failure === "error" && this.#isRepeatable(missed)) {
      this.#isKept = false;
      void this.#connect(replica);
      return;
    }
    this.#quit();
    note(replica, missed);
    this.#askOther(replica, missed);
  }

  #askOther(replica: Replica, { failure, wasSent, code }: Missed): void {
    const tried = (this.#tried ??= new Set());
    tried.add(replica);
    const isLast = tried.size >= this.#replicas.size;
    if (isLast || !this.#mayTryNext(failure, wasSent)) this.#fail(code);
    else this.#askNext();
  }

  /** Leaves the replica that was asked. */
  #quit(): void {
    clearTimeout(this.#patience);
    this.#connection = undefined;
    if (this.#replica !== undefined) this.#replica.inFlight -= 1;
    this.#replica = undefined;
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
    this.#connection?.destroy();
    this.#quit();
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
    const { writableFinished } = this.#caller.sink;
    this.#connection?.destroy();
    this.#quit();
    this.#onEnd(writableFinished ? this.#status : 0);
  }
}

/** Of a failure in a row with others a replica is out. */
function note(replica: Replica, { code, failure }: Missed): void {
  // A node that is away says nothing about the health of one container; neither do these two answers.
  if (code !== "NODE_OFFLINE" && failure !== 403 && failure !== 404) replica.failed();
}

function bodyOf(hasBody: boolean, isChunked: boolean): "none" | "plain" | "chunked" {
  if (!hasBody) return "none";
  return isChunked ? "chunked" : "plain";
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
