import { type Duplex } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import { type ExecOutput } from "@fizz/protocol/control";
import { ProtocolError } from "@fizz/protocol/errors";
import { type TerminalSize } from "@fizz/protocol/messages";
import type Docker from "dockerode";
import { type ExecSession, type Program } from "../exec-ports.ts";
import { engineError, engineMessage, statusOf } from "./engine-error.ts";
import { hangUp } from "./hang-up.ts";

const HEADER_BYTES = 8;
const STDERR = 2;
/** The engine notes the end of a program a little after its output has ended: it is asked soon, and then less often. */
const EXIT_TRIES = 50;
const EXIT_FIRST_MS = 5;
const EXIT_RETRY_MS = 100;
/** A program that has ended by then needs no size. */
const FIT_TRIES = 5;
const FIT_RETRY_MS = 20;

/** Runs a program in a container that runs. @throws ProtocolError EXEC_FAILED, ENGINE_UNREACHABLE, TIMEOUT */
export async function startExec(
  container: Docker.Container,
  { command, terminal }: Program,
  signal: AbortSignal,
): Promise<ExecSession> {
  const isTerminal = terminal !== null;
  try {
    const exec = await container.exec({
      Cmd: [...command],
      AttachStdin: true,
      AttachStdout: true,
      AttachStderr: true,
      Tty: isTerminal,
      // The types lag behind the engine's API, which has it since 1.42; older ones are told once it runs.
      ...(isTerminal ? { ConsoleSize: [terminal.rows, terminal.columns] } : {}),
      abortSignal: signal,
    });
    const socket = await exec.start({ hijack: true, stdin: true, Tty: isTerminal, abortSignal: signal });
    if (terminal !== null) await fit(exec, terminal);
    return new DockerExec({ exec, socket, isTerminal, hangUp: () => void hangUp(container, exec) });
  } catch (error) {
    throw execError(error);
  }
}

/** The engine answers a little before the program runs, and a terminal has a size only then. */
async function fit(exec: Docker.Exec, { columns, rows }: TerminalSize): Promise<void> {
  for (let tries = 0; tries < FIT_TRIES; tries += 1) {
    const isFit = await exec.resize({ w: columns, h: rows }).then(
      () => true,
      () => false,
    );
    if (isFit) return;
    await delay(FIT_RETRY_MS);
  }
}

interface DockerExecInit {
  readonly exec: Docker.Exec;
  readonly socket: Duplex;
  readonly isTerminal: boolean;
  /** Called when nobody listens any more before the output has ended. */
  readonly hangUp: () => void;
}

/** A program of the engine, and the connection that carries its input and output. */
class DockerExec implements ExecSession {
  readonly output: AsyncIterable<ExecOutput>;
  readonly #exec: Docker.Exec;
  readonly #socket: Duplex;
  readonly #isTerminal: boolean;
  readonly #hangUp: () => void;
  #isClosed = false;

  constructor({ exec, socket, isTerminal, hangUp: onClose }: DockerExecInit) {
    this.#exec = exec;
    this.#socket = socket;
    this.#isTerminal = isTerminal;
    this.#hangUp = onClose;
    // Who reads learns of it; who only writes needs not to.
    socket.on("error", () => undefined);
    this.output = isTerminal ? readTerminal(socket) : readApart(socket);
  }

  async write(bytes: Uint8Array): Promise<void> {
    if (!this.#socket.writable) return;
    await new Promise<void>((resolve) => {
      this.#socket.write(bytes, () => {
        resolve();
      });
    });
  }

  endInput(): void {
    if (this.#socket.writable) this.#socket.end();
  }

  async resize({ columns, rows }: TerminalSize): Promise<void> {
    if (!this.#isTerminal) return;
    // The program may have ended meanwhile: then nobody looks at its terminal any more.
    await this.#exec.resize({ w: columns, h: rows }).catch(() => undefined);
  }

  async exitCode(): Promise<number | null> {
    for (let tries = 0; tries < EXIT_TRIES; tries += 1) {
      const { Running: isRunning, ExitCode: code } = await this.#exec.inspect().catch((error: unknown) => {
        throw engineError(error, "Looking at a program");
      });
      if (!isRunning) return code;
      await delay(Math.min(EXIT_RETRY_MS, EXIT_FIRST_MS * 2 ** tries));
    }
    return null;
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    const hasEnded = this.#socket.readableEnded;
    this.#socket.destroy();
    if (!hasEnded) this.#hangUp();
  }
}

/** A terminal has one output. */
async function* readTerminal(socket: Duplex): AsyncGenerator<ExecOutput, void, void> {
  for await (const bytes of chunksOf(socket)) yield { stream: "stdout", bytes };
}

/** The engine's multiplexed stream: `[stream, 0, 0, 0, uint32 length]` and so many bytes, which are passed on as they come. */
export async function* readApart(socket: Duplex): AsyncGenerator<ExecOutput, void, void> {
  let header = Buffer.alloc(0);
  let stream: ExecOutput["stream"] = "stdout";
  let left = 0;
  for await (const chunk of chunksOf(socket)) {
    let at = 0;
    while (at < chunk.length) {
      if (left > 0) {
        const bytes = chunk.subarray(at, at + left);
        at += bytes.length;
        left -= bytes.length;
        yield { stream, bytes };
        continue;
      }
      const missing = HEADER_BYTES - header.length;
      header = Buffer.concat([header, chunk.subarray(at, at + missing)]);
      at += Math.min(missing, chunk.length - at);
      if (header.length < HEADER_BYTES) break;
      stream = header[0] === STDERR ? "stderr" : "stdout";
      left = header.readUInt32BE(4);
      header = Buffer.alloc(0);
    }
  }
}

/** What was not read yet waits in the socket. An engine that goes away ends it. */
async function* chunksOf(socket: Duplex): AsyncGenerator<Buffer, void, void> {
  try {
    for await (const chunk of socket) yield chunk as Buffer;
  } catch (cause) {
    if (socket.destroyed && socket.readableEnded) return;
    throw new ProtocolError("STREAM_CLOSED", "The engine let go of the program.", { cause });
  }
}

function execError(error: unknown): ProtocolError {
  if (statusOf(error) === undefined) return engineError(error, "Running a program");
  const message = `The program cannot be run: ${engineMessage(error)}`;
  return new ProtocolError("EXEC_FAILED", message, { cause: error });
}
