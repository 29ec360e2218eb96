import { execFile, type ExecFileException } from "node:child_process";
import { ProtocolError } from "@fizz/protocol/errors";
import { type GpuCard } from "../domain/gpu-card.ts";
import { GPU_COLUMNS, parseGpuReport } from "../domain/gpu-report.ts";
import { type GpuReader } from "../gpu-ports.ts";

const PROGRAM = "nvidia-smi";
/** Time for one answer of the driver, in milliseconds: without persistence mode the first takes seconds. */
const TIMEOUT_MS = 20_000;
/** Most that it may print, in bytes. */
const MAX_OUTPUT = 64 * 1024;
const MAX_TOLD = 300;
/** The only variable that it gets. The last folder is where Windows keeps it for its Linux. */
const PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/usr/lib/wsl/lib";

export interface NvidiaSmiInit {
  /** Folders in which it is looked for, with colons between. */
  readonly path?: string;
  /** Milliseconds. */
  readonly timeoutMs?: number;
}

interface Ended {
  readonly error: ExecFileException | null;
  readonly text: string;
}

/** Reads NVIDIA's cards by the program that comes with the driver. */
export class NvidiaSmi implements GpuReader {
  readonly #path: string;
  readonly #timeoutMs: number;

  constructor(init: NvidiaSmiInit = {}) {
    this.#path = init.path ?? PATH;
    this.#timeoutMs = init.timeoutMs ?? TIMEOUT_MS;
  }

  async read(signal: AbortSignal): Promise<readonly GpuCard[]> {
    const { error, text } = await this.#run(signal);
    if (error === null || /^No devices were found\s*$/i.test(text)) return parseGpuReport(text);
    if (error.code === "ENOENT") {
      const message = "There is no nvidia-smi on this machine: install NVIDIA's driver.";
      throw new ProtocolError("GPU_UNAVAILABLE", message, { cause: error });
    }
    const said = text.trim() === "" ? error.message : text.trim();
    const message = `NVIDIA's driver does not answer: ${said.slice(0, MAX_TOLD)}`;
    throw new ProtocolError("GPU_UNAVAILABLE", message, { cause: error });
  }

  async #run(signal: AbortSignal): Promise<Ended> {
    const args = [`--query-gpu=${GPU_COLUMNS.join(",")}`, "--format=csv,noheader,nounits"];
    const options = {
      env: { PATH: this.#path },
      timeout: this.#timeoutMs,
      killSignal: "SIGKILL" as const,
      maxBuffer: MAX_OUTPUT,
      signal,
    };
    return await new Promise((resolve) => {
      execFile(PROGRAM, args, options, (error, stdout, stderr) => {
        resolve({ error, text: stdout.trim() === "" ? stderr : stdout });
      });
    });
  }
}
