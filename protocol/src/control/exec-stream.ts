import { errorFromWire, ProtocolError } from "../errors/index.ts";
import {
  EXEC_FRAME,
  type ExecEnd,
  execEndSchema,
  fromWire,
  MAX_EXEC_BYTES,
  type TerminalSize,
  terminalSizeSchema,
} from "../messages/index.ts";
import { type FramedStream, parseJson } from "../streams/index.ts";
import { HEADER_BYTES, unknownFrame, writeJson, writePieces } from "./frames.ts";

/** What comes from a program. */
export interface ExecOutput {
  readonly stream: "stdout" | "stderr";
  readonly bytes: Uint8Array;
}

/** What comes for a program; undefined as input is its end. */
export type ExecInput =
  | { readonly type: "input"; readonly bytes: Uint8Array | undefined }
  | { readonly type: "resize"; readonly size: TerminalSize };

/** A tenant's side of a program that runs in a container: after the answer of the node. */
export class ExecClient {
  readonly #framed: FramedStream;

  constructor(framed: FramedStream) {
    this.#framed = framed;
  }

  /** Waits until the node takes it. @throws ProtocolError STREAM_CLOSED, TIMEOUT */
  async write(bytes: Uint8Array, signal: AbortSignal): Promise<void> {
    await writePieces(this.#framed, { kind: EXEC_FRAME.input, bytes, most: MAX_EXEC_BYTES }, signal);
  }

  /** No more input. @throws ProtocolError as {@link write} */
  async endInput(signal: AbortSignal): Promise<void> {
    await this.#framed.writeBytes(Uint8Array.of(EXEC_FRAME.input), signal);
  }

  /** @throws ProtocolError as {@link write} */
  async resize(size: TerminalSize, signal: AbortSignal): Promise<void> {
    await writeJson(this.#framed, { kind: EXEC_FRAME.resize, json: size }, signal);
  }

  /**
   * The program's output, to its end.
   *
   * @returns Its exit code; null when the node does not know it.
   * @throws ProtocolError what the node ended it with; INPUT_INVALID, STREAM_CLOSED, TIMEOUT
   */
  async *output(signal: AbortSignal): AsyncGenerator<ExecOutput, number | null, void> {
    for (;;) {
      const frame = await this.#framed.readBytes(signal);
      if (frame === undefined)
        throw new ProtocolError("STREAM_CLOSED", "The session with the program was cut before its end.");
      const bytes = frame.subarray(HEADER_BYTES);
      if (frame[0] === EXEC_FRAME.end) return exitCodeOf(fromWire(execEndSchema, parseJson(bytes)));
      if (frame[0] !== EXEC_FRAME.stdout && frame[0] !== EXEC_FRAME.stderr) throw unknownFrame(frame);
      yield { stream: frame[0] === EXEC_FRAME.stdout ? "stdout" : "stderr", bytes };
    }
  }

  /** Leaves; a program that waits for input sees its end. */
  async close(): Promise<void> {
    await this.#framed.close();
  }
}

/** A node's side of the same. */
export class ExecServer {
  readonly #framed: FramedStream;

  constructor(framed: FramedStream) {
    this.#framed = framed;
  }

  /** Waits until the tenant takes it. @throws ProtocolError STREAM_CLOSED, TIMEOUT */
  async write({ stream, bytes }: ExecOutput, signal: AbortSignal): Promise<void> {
    const kind = stream === "stdout" ? EXEC_FRAME.stdout : EXEC_FRAME.stderr;
    await writePieces(this.#framed, { kind, bytes, most: MAX_EXEC_BYTES }, signal);
  }

  /** The last frame. */
  async end(end: ExecEnd, signal: AbortSignal): Promise<void> {
    await writeJson(this.#framed, { kind: EXEC_FRAME.end, json: end }, signal);
    await this.#framed.close();
  }

  /** What the tenant sends, until it leaves. @throws ProtocolError INPUT_INVALID, STREAM_CLOSED, TIMEOUT */
  async *input(signal: AbortSignal): AsyncGenerator<ExecInput, void, void> {
    for (;;) {
      const frame = await this.#framed.readBytes(signal);
      if (frame === undefined) return;
      const bytes = frame.subarray(HEADER_BYTES);
      if (frame[0] === EXEC_FRAME.input) yield { type: "input", bytes: bytes.length > 0 ? bytes : undefined };
      else if (frame[0] === EXEC_FRAME.resize)
        yield { type: "resize", size: fromWire(terminalSizeSchema, parseJson(bytes)) };
      else throw unknownFrame(frame);
    }
  }
}

function exitCodeOf(end: ExecEnd): number | null {
  if ("error" in end) throw errorFromWire(end.error);
  return end.exitCode;
}
