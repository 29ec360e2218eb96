import { PassThrough } from "node:stream";
import { type ExecOutput } from "@fizz/protocol/control";
import { type ExecSession, type Program } from "../../../node-agent/src/exec-ports.ts";
import { type OutputLine } from "../../../node-agent/src/ports.ts";
import { runScript } from "./fake-shell.ts";

const NOT_FOUND = 127;

/** Runs `/bin/cat`, and `/bin/sh -c` with what the fake shell knows; `echo` may end with `>&2`. */
export function fakeExec({ command, terminal }: Program): ExecSession {
  const [program, ...words] = command;
  const input = new PassThrough();
  const stop = new AbortController();
  let code: number | null = null;
  async function* cat(): AsyncGenerator<ExecOutput, void, void> {
    for await (const bytes of input) yield { stream: "stdout", bytes: bytes as Buffer };
    code = 0;
  }
  async function* shell(): AsyncGenerator<ExecOutput, void, void> {
    const lines: OutputLine[] = [];
    code = await runScript(words.at(-1) ?? "", lines, stop.signal);
    for (const { text } of lines) {
      const isError = text.endsWith(">&2");
      const said = isError ? text.slice(0, -3).trimEnd() : text;
      const bytes = Buffer.from(terminal === null ? `${said}\n` : `${said}\r\n`);
      yield { stream: isError && terminal === null ? "stderr" : "stdout", bytes };
    }
  }
  async function* missing(): AsyncGenerator<ExecOutput, void, void> {
    code = await Promise.resolve(NOT_FOUND);
    yield { stream: "stdout", bytes: Buffer.from(`There is no ${program ?? "program"} here.\r\n`) };
  }
  const programs: Readonly<Record<string, typeof cat>> = { "/bin/cat": cat, "/bin/sh": shell };
  return {
    output: (programs[program ?? ""] ?? missing)(),
    write: async (bytes) => {
      input.write(bytes);
      await Promise.resolve();
    },
    endInput: () => {
      input.end();
    },
    resize: () => Promise.resolve(),
    exitCode: () => Promise.resolve(code),
    close: () => {
      stop.abort();
      input.destroy();
    },
  };
}
