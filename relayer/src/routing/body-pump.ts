import { type CallerBody, type HeaderPair } from "./caller.ts";
import { writeFields } from "./domain/http-fields.ts";
import { type ReplicaConnection } from "./replica-connection.ts";

export interface BodyPumpInit {
  readonly maxBytes: number;
  /** What it waits for now: more from the caller, or a replica that reads. */
  readonly onState: (waitsFor: "caller" | "replica") => void;
  /** The body is over. @returns Its trailers. */
  readonly onEnd: () => HeaderPair[];
  readonly onTooLarge: () => void;
}

/** Carries a request's body to a replica as fast as that reads it. Until its first byte another replica may get it. */
export class BodyPump {
  readonly #body: CallerBody;
  readonly #init: BodyPumpInit;
  #upstream: ReplicaConnection | undefined;
  #isListening = false;
  #bytes = 0;
  #waitsForCaller = false;
  #isOver = false;

  constructor(body: CallerBody, init: BodyPumpInit) {
    this.#body = body;
    this.#init = init;
  }

  /** Whether part of the body is gone. */
  get hasBegun(): boolean {
    return this.#bytes > 0 || this.#isOver;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  get isWaitingForCaller(): boolean {
    return this.#waitsForCaller;
  }

  start(upstream: ReplicaConnection): void {
    this.#upstream = upstream;
    this.#wait("caller");
    if (!this.#isListening) this.#listen();
    this.#body.resume();
  }

  /** The replica takes more. */
  goOn(): void {
    if (this.#upstream === undefined) return;
    this.#wait("caller");
    this.#body.resume();
  }

  /** The replica is lost: what was not sent waits, and another one may still get it. */
  hold(): void {
    if (this.#upstream === undefined) return;
    this.#upstream = undefined;
    this.#body.pause();
  }

  /** Reads no more. */
  stop(): void {
    this.#upstream = undefined;
    this.#waitsForCaller = false;
    if (this.#isListening) {
      this.#body.off("data", this.#onData);
      this.#body.off("end", this.#onEnd);
    }
    this.#isListening = false;
  }

  #listen(): void {
    this.#isListening = true;
    this.#body.on("data", this.#onData);
    this.#body.on("end", this.#onEnd);
  }

  readonly #onData = (chunk: Buffer): void => {
    this.#bytes += chunk.length;
    if (this.#bytes > this.#init.maxBytes) {
      this.#init.onTooLarge();
      return;
    }
    if (this.#upstream?.write(chunk) === true) this.#wait("caller");
    else {
      this.#body.pause();
      this.#wait("replica");
    }
  };

  readonly #onEnd = (): void => {
    this.#isOver = true;
    this.#waitsForCaller = false;
    const trailers = this.#init.onEnd();
    this.#upstream?.endRequest(trailers.length > 0 ? writeFields(trailers.flat()) : "");
  };

  #wait(waitsFor: "caller" | "replica"): void {
    this.#waitsForCaller = waitsFor === "caller";
    this.#init.onState(waitsFor);
  }
}
