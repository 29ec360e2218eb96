import { Writable } from "node:stream";
import { type TerminalSize, terminalSizeSchema } from "@fizz/protocol/messages";

/** The part of standard input that a program in a container needs. */
export interface KeySource extends NodeJS.ReadableStream {
  readonly isTTY?: boolean;
  setRawMode?(on: boolean): unknown;
}

/** The part of an output that is written to. */
export interface ScreenSink {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
  on?(event: "resize", listener: () => void): unknown;
  off?(event: "resize", listener: () => void): unknown;
}

export interface ProgramTerminalInit {
  readonly stdin: KeySource;
  readonly stdout: ScreenSink;
  readonly stderr: ScreenSink;
}

/** Where a program that runs elsewhere shows and hears: bytes as they are, keys as they are pressed. */
export class ProgramTerminal {
  readonly #init: ProgramTerminalInit;

  constructor(init: ProgramTerminalInit) {
    this.#init = init;
  }

  /** Whether somebody sits there: both sides of it are a terminal. */
  get isInteractive(): boolean {
    return this.#init.stdin.isTTY === true && this.#init.stdout.isTTY === true;
  }

  /** Undefined where there is none. */
  get size(): TerminalSize | undefined {
    const { columns, rows } = this.#init.stdout;
    const size = terminalSizeSchema.safeParse({ columns, rows });
    return size.success ? size.data : undefined;
  }

  /** Waits until it is taken. */
  async write(stream: "stdout" | "stderr", bytes: Uint8Array): Promise<void> {
    const sink = this.#init[stream];
    if (sink instanceof Writable)
      await new Promise<void>((resolve) => {
        sink.write(bytes, () => {
          resolve();
        });
      });
    else sink.write(Buffer.from(bytes).toString());
  }

  /**
   * Gives what is typed or piped in, one piece after the other, until it is stopped.
   *
   * @param onBytes The next piece, or the end, comes when it has resolved.
   * @returns Stops; what is in between stays in the input.
   */
  read(onBytes: (bytes: Uint8Array) => Promise<void>, onEnd: () => void): () => void {
    const { stdin } = this.#init;
    let isStopped = false;
    let taken = Promise.resolve();
    const onData = (chunk: Buffer | string): void => {
      stdin.pause();
      taken = onBytes(Buffer.from(chunk)).finally(() => {
        if (!isStopped) stdin.resume();
      });
    };
    const end = (): void => {
      void taken.finally(onEnd);
    };
    stdin.on("data", onData).once("end", end);
    return () => {
      isStopped = true;
      stdin.off("data", onData).off("end", end);
      stdin.pause();
    };
  }

  /** Passes every key on, Ctrl-C too, and tells new sizes. @returns Gives the terminal back. */
  take(onSize: (size: TerminalSize) => void): () => void {
    const { stdin, stdout } = this.#init;
    const onResize = (): void => {
      if (this.size !== undefined) onSize(this.size);
    };
    stdin.setRawMode?.(true);
    stdout.on?.("resize", onResize);
    return () => {
      stdin.setRawMode?.(false);
      stdout.off?.("resize", onResize);
    };
  }
}
