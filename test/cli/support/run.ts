import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { runCli } from "../../../cli/src/app.ts";

export interface CliResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  /** The last line of stdout, parsed. */
  json(): Record<string, unknown>;
  /** The error of `--json` on stderr. */
  error(): { code: string; message: string; exitCode: number; hint?: string };
}

export interface CliRun {
  readonly env?: Record<string, string>;
  readonly stdin?: string | NodeJS.ReadableStream;
  /** Somebody sits at a terminal of this size: standard output is one too. */
  readonly screen?: { readonly columns: number; readonly rows: number };
  readonly fetch?: typeof globalThis.fetch;
  readonly signal?: AbortSignal;
  /** Called with what is written, while the command runs. */
  readonly onStdout?: (text: string) => void;
}

/** A folder of its own, as home and as working folder. */
export interface CliHome {
  readonly folder: string;
  run(argv: readonly string[], options?: CliRun): Promise<CliResult>;
  write(name: string, content: string): Promise<string>;
  remove(): Promise<void>;
}

/** The CLI in this process, with nothing of this machine's settings. Nobody sits at its terminal. */
export async function createHome(): Promise<CliHome> {
  const folder = await mkdtemp(join(tmpdir(), "fizz-cli-"));
  return {
    folder,
    run: async (argv, options = {}) => {
      let stdout = "";
      let stderr = "";
      const code = await runCli(argv, {
        env: { HOME: folder, ...options.env },
        cwd: folder,
        stdin: sourceOf(options.stdin),
        stdout: {
          ...(options.screen === undefined ? {} : { isTTY: true, ...options.screen }),
          write: (text) => {
            stdout += text;
            options.onStdout?.(text);
          },
        },
        stderr: { write: (text) => (stderr += text) },
        fetch: options.fetch ?? refuseFetch,
        signal: options.signal ?? new AbortController().signal,
      });
      return {
        code,
        stdout,
        stderr,
        json: () => JSON.parse(lastLine(stdout)) as Record<string, unknown>,
        error: () => (JSON.parse(lastLine(stderr)) as { error: ReturnType<CliResult["error"]> }).error,
      };
    },
    write: async (name, content) => {
      const path = join(folder, name);
      await mkdir(join(path, ".."), { recursive: true });
      await writeFile(path, content);
      return path;
    },
    remove: async () => {
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function sourceOf(stdin: CliRun["stdin"]): NodeJS.ReadableStream {
  return typeof stdin === "object" ? stdin : Readable.from(stdin === undefined ? [] : [stdin]);
}

/** A test that reaches for the network without saying so fails. */
function refuseFetch(input: Parameters<typeof fetch>[0]): Promise<never> {
  return Promise.reject(new TypeError(`fetch of ${input instanceof Request ? input.url : String(input)}`));
}

function lastLine(text: string): string {
  return text.trim().split("\n").at(-1) ?? "";
}
