import { open } from "node:fs/promises";
import { ProtocolError } from "@fizz/protocol/errors";
import { type Terminal } from "./output/terminal.ts";

/** Name of standard input where a file is asked for. */
const STDIN = "-";

/**
 * The text of a file that the user names, or of standard input for `-`. No more than the limit is read.
 *
 * @param maxBytes Longest text, in UTF-8 bytes.
 * @throws ProtocolError USAGE when it cannot be read; INPUT_TOO_LARGE; INPUT_INVALID when it is not UTF-8
 */
export async function readInput(terminal: Terminal, file: string, maxBytes: number): Promise<string> {
  const bytes = file === STDIN ? await terminal.readStdin(maxBytes) : await readStart(file, maxBytes + 1);
  if (bytes.length > maxBytes)
    throw new ProtocolError("INPUT_TOO_LARGE", `${file} is over ${maxBytes} bytes.`);
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new ProtocolError("INPUT_INVALID", `${file} is not a text in UTF-8.`, { cause });
  }
}

async function readStart(file: string, length: number): Promise<Buffer> {
  try {
    await using handle = await open(file);
    const { buffer, bytesRead } = await handle.read({ buffer: Buffer.alloc(length), length });
    return buffer.subarray(0, bytesRead);
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
    const why = code === "ENOENT" ? "There is no such file" : "It cannot be read";
    throw new ProtocolError("USAGE", `${file}: ${why}.`, { cause });
  }
}
