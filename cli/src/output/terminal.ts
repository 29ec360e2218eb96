import { createInterface } from "node:readline/promises";
import { type Duplex, Writable } from "node:stream";
import { ProtocolError } from "@fizz/protocol/errors";
import { askSecret, isInteractive } from "@fizz/protocol/keystore";
import { toWire } from "@fizz/protocol/messages";
import pc from "picocolors";
import { plainText, styledLine } from "./plain-text.ts";
import { type KeySource, ProgramTerminal, type ScreenSink } from "./program-terminal.ts";
import { StdioDuplex } from "./stdio-duplex.ts";

/** The part of a process's stream that is written to. */
export type Sink = ScreenSink;

/** The part of standard input that is read. */
export type Source = KeySource;

export interface TerminalInit {
  readonly stdin: Source;
  readonly stdout: Sink;
  readonly stderr: Sink;
  readonly color: boolean;
}

type Colors = ReturnType<typeof pc.createColors>;

const MAX_PIPED_SECRET_LENGTH = 10_000;
/** Up to the first line, and nothing below. */
const CLEAR = "\u001b[H\u001b[J";
/** To the beginning of the line, and nothing on it. */
const LINE_START = "\r\u001b[K";

/** stdout carries data, stderr everything for people. Nothing is asked where nobody sits. */
export class Terminal {
  readonly colors: Colors;
  readonly #init: TerminalInit;

  constructor(init: TerminalInit) {
    this.#init = init;
    this.colors = pc.createColors(init.color && init.stderr.isTTY === true);
  }

  /** Whether a question can be asked and answered. */
  get interactive(): boolean {
    return isInteractive(this.#init);
  }

  stdout(text: string): void {
    this.#init.stdout.write(text);
  }

  stderr(text: string): void {
    this.#init.stderr.write(text);
  }

  /** One line of data. */
  data(line: string): void {
    this.stdout(`${line}\n`);
  }

  /** A line that somebody's program wrote: as it is, but for what would move the cursor of a terminal. */
  written(prefix: string, line: string): void {
    this.data(prefix + (this.#init.stdout.isTTY === true ? styledLine(line) : line));
  }

  /** Data that takes the place of what was shown before, at a terminal; elsewhere it comes after it. */
  frame(text: string): void {
    this.stdout(this.#init.stdout.isTTY === true ? `${CLEAR}${text}` : `${text}\n`);
  }

  /** One value as one line of JSON. */
  json(value: unknown): void {
    this.data(toWire(value));
  }

  /** What is being done now. */
  step(text: string): void {
    this.stderr(`${this.colors.dim("·")} ${plainText(text)}\n`);
  }

  /** A line that the next one takes the place of, at a terminal; an empty one takes it away. Nothing elsewhere. */
  progress(text: string): void {
    if (this.#init.stderr.isTTY === true) this.stderr(`${LINE_START}${this.colors.dim(text)}`);
  }

  /** What is done. */
  done(text: string): void {
    this.stderr(`${this.colors.green("✓")} ${plainText(text)}\n`);
  }

  warn(text: string): void {
    this.stderr(`${this.colors.yellow("warning:")} ${plainText(text)}\n`);
  }

  note(text: string): void {
    this.stderr(`${this.colors.dim(`note: ${plainText(text)}`)}\n`);
  }

  /** @throws ProtocolError USAGE where nobody can answer. */
  async confirm(question: string, signal: AbortSignal): Promise<boolean> {
    if (!this.interactive)
      throw new ProtocolError("USAGE", `${question} Say --yes: nobody can be asked here.`);
    const lines = createInterface({ input: this.#init.stdin, output: process.stderr });
    try {
      const answer = await lines.question(`${question} [y/N] `, { signal });
      return /^y(es)?$/i.test(answer.trim());
    } finally {
      lines.close();
    }
  }

  /** Asks for a secret without showing it. @throws ProtocolError USAGE where nobody can answer. */
  async askSecret(question: string): Promise<string> {
    return await askSecret(this.#init, question);
  }

  /** A secret that is piped in, without the line end. @throws ProtocolError INPUT_TOO_LARGE */
  async readPiped(): Promise<string> {
    return (await this.readStdin(MAX_PIPED_SECRET_LENGTH)).toString().trim();
  }

  /** Standard input and output as one, for raw bytes. @throws ProtocolError USAGE where they are no streams. */
  duplex(): Duplex {
    const { stdin, stdout } = this.#init;
    if (!(stdout instanceof Writable))
      throw new ProtocolError("USAGE", "Standard output takes no bytes here.");
    return new StdioDuplex(stdin, stdout);
  }

  /** For a program that runs elsewhere. */
  forProgram(): ProgramTerminal {
    return new ProgramTerminal(this.#init);
  }

  /** Everything on standard input, at most so many bytes. @throws ProtocolError INPUT_TOO_LARGE */
  async readStdin(maxBytes: number): Promise<Buffer> {
    const chunks: Buffer[] = [];
    let size = 0;
    for await (const chunk of this.#init.stdin) {
      const bytes = Buffer.from(chunk);
      chunks.push(bytes);
      size += bytes.length;
      if (size > maxBytes) throw new ProtocolError("INPUT_TOO_LARGE", "There is too much on standard input.");
    }
    return Buffer.concat(chunks);
  }
}
