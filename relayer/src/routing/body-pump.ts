import { type ClientRequest } from "node:http";
import { type Readable } from "node:stream";
import { type HeaderPair } from "./caller.ts";

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
  readonly #body: Readable;
  readonly #init: BodyPumpInit;
  #upstream: ClientRequest | undefined;
  #isListening = false;
  #bytes = 0;
  #waitsForCaller = false;
  #isOver = false;

  constructor(body: Readable, init: BodyPumpInit) {
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

  start(upstream: ClientRequest): void {
    this.#upstream = upstream;
    upstream.on("drain", () => {
      if (this.#upstream !== upstream) return;
      this.#wait("caller");
      this.#body.resume();
    });
    // Until then nothing is known of the replica: the body waits, and another one may still get it.
    upstream.once("error", () => {
      if (this.#upstream !== upstream) return;
      this.#upstream = undefined;
      this.#body.pause();
    });
    this.#wait("caller");
    if (!this.#isListening) this.#listen();
    this.#body.resume();
  }

  /** Reads no more. */
  stop(): void {
    this.#upstream = undefined;
    this.#waitsForCaller = false;
    if (this.#isListening) this.#body.off("data", this.#onData).off("end", this.#onEnd);
    this.#isListening = false;
  }

  #listen(): void {
    this.#isListening = true;
    this.#body.on("data", this.#onData).on("end", this.#onEnd);
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
    if (trailers.length > 0) this.#upstream?.addTrailers(trailers);
    this.#upstream?.end();
  };

  #wait(waitsFor: "caller" | "replica"): void {
    this.#waitsForCaller = waitsFor === "caller";
    this.#init.onState(waitsFor);
  }
}
