import { closeSync, openSync } from "node:fs";
import { devNull } from "node:os";
import { runCli } from "./app.ts";
import { processEnvironment } from "./config.ts";
import { exitCodes } from "./output/exit-codes.ts";

/** After a Ctrl-C the command may end by itself for so long, in milliseconds; a second one ends it at once. */
const INTERRUPT_GRACE_MS = 3_000;

/** Descriptor of standard output. */
const STDOUT = 1;

const interrupt = new AbortController();
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.on(signal, () => {
    if (interrupt.signal.aborted) process.exit(exitCodes.interrupted);
    interrupt.abort(new Error(signal));
    setTimeout(() => process.exit(exitCodes.interrupted), INTERRUPT_GRACE_MS).unref();
  });
}
// `fizz … | head` closes the pipe: there is nobody to write for any more.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  process.exit(error.code === "EPIPE" ? exitCodes.ok : exitCodes.failure);
});

// Node.js leaves the descriptor open when the stream has ended: its reader would wait until this process is over.
process.stdout.once("finish", () => {
  closeSync(STDOUT);
  // Whatever is opened next must not take its number.
  openSync(devNull, "w");
});

const code = await runCli(process.argv.slice(2), {
  env: processEnvironment(),
  cwd: process.cwd(),
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  fetch: globalThis.fetch,
  signal: interrupt.signal,
});
// Whatever still holds a socket open does not keep the command; what was written is out first.
if (process.stdout.writable) process.stdout.write("", () => process.exit(code));
else process.exit(code);
