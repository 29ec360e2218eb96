import { type ExecOutput } from "@fizz/protocol/control";
import { spawn } from "node:child_process";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { type ExecSession, type Program } from "../../node-agent/src/exec-ports.ts";

const NOT_THERE = 127;

/**
 * Runs this machine's own tar in a folder that stands for the file system of a container; any other program is not there.
 *
 * @param missing Programs that are not there although they are tars.
 */
export function localTar(root: string, missing: readonly string[] = []) {
  return ({ command }: Program): ExecSession => {
    const [program = "", ...words] = command;
    const folder = words.indexOf("-C") + 1;
    const args = words.map((word, at) => (at === folder ? join(root, word) : word));
    if (program !== "tar" || missing.includes(program)) return notThere();
    const child = spawn("tar", args, { stdio: ["pipe", "pipe", "pipe"] });
    const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
    // What nobody reads yet when a process ends would be lost.
    const said = child.stderr.pipe(new PassThrough());
    // A tar that has ended takes nothing any more.
    child.stdin.on("error", () => undefined);
    async function* output(): AsyncGenerator<ExecOutput, void, void> {
      for await (const bytes of child.stdout) yield { stream: "stdout", bytes: bytes as Buffer };
      for await (const bytes of said) yield { stream: "stderr", bytes: bytes as Buffer };
    }
    return {
      output: output(),
      write: async (bytes) => {
        if (!child.stdin.writable) return;
        await new Promise<void>((resolve) => {
          child.stdin.write(bytes, () => {
            resolve();
          });
        });
      },
      endInput: () => {
        child.stdin.end();
      },
      resize: () => Promise.resolve(),
      exitCode: () => ended,
      close: () => {
        child.kill("SIGKILL");
      },
    };
  };
}

function notThere(): ExecSession {
  async function* output(): AsyncGenerator<ExecOutput, void, void> {
    yield await Promise.resolve({ stream: "stdout", bytes: Buffer.from("no such program\r\n") });
  }
  const nothing = (): void => undefined;
  const done = (): Promise<void> => Promise.resolve();
  return {
    output: output(),
    ...{ write: done, resize: done, endInput: nothing, close: nothing },
    exitCode: () => Promise.resolve(NOT_THERE),
  };
}
