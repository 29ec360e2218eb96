import { Duplex } from "node:stream";

/** What node:http takes for a socket: bytes come in by `push`, and what it writes is dropped. */
export class StandInSocket extends Duplex {
  constructor() {
    super({ allowHalfOpen: true });
    this.on("error", () => undefined);
  }

  setTimeout(): this {
    return this;
  }
  setKeepAlive(): this {
    return this;
  }
  setNoDelay(): this {
    return this;
  }
  ref(): this {
    return this;
  }
  unref(): this {
    return this;
  }

  override _read(): void {
    return;
  }

  override _write(_chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    done();
  }
}
