import { Duplex, type Writable } from "node:stream";

type Done = (error?: Error | null) => void;

/**
 * Standard input and output as one stream of bytes, with backpressure and half-close both ways. Both outlive it: it
 * ends the output with its last byte, and destroys neither, which the process would take for a failure of its own.
 */
export class StdioDuplex extends Duplex {
  readonly #stdin: NodeJS.ReadableStream;
  readonly #stdout: Writable;

  constructor(stdin: NodeJS.ReadableStream, stdout: Writable) {
    super({ allowHalfOpen: true });
    this.#stdin = stdin;
    this.#stdout = stdout;
    stdin.on("data", this.#onData).once("end", this.#onEnd).once("error", this.#onError);
    stdin.pause();
  }

  override _read(): void {
    this.#stdin.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: Done): void {
    this.#stdout.write(chunk, done);
  }

  override _final(done: Done): void {
    this.#stdout.end(() => {
      done();
    });
  }

  override _destroy(error: Error | null, done: Done): void {
    this.#stdin.off("data", this.#onData).off("end", this.#onEnd).off("error", this.#onError).pause();
    done(error);
  }

  readonly #onData = (chunk: Buffer | string): void => {
    if (!this.push(chunk)) this.#stdin.pause();
  };

  readonly #onEnd = (): void => {
    this.push(null);
  };

  readonly #onError = (error: Error): void => {
    this.destroy(error);
  };
}
