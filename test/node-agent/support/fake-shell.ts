import { type OutputLine } from "../../../node-agent/src/ports.ts";

const TERMINATED = 143;

/** Runs `echo TEXT`, `sleep SECONDS` and `exit CODE`, joined by semicolons; `trap` and `dd` do nothing. @returns The exit code. */
export async function runScript(script: string, lines: OutputLine[], signal: AbortSignal): Promise<number> {
  for (const command of script.split(";")) {
    const [name = "", ...words] = command.trim().split(/\s+/);
    if (signal.aborted) return TERMINATED;
    if (name === "echo") lines.push(lineOf(words.join(" ")));
    else if (name === "sleep") await sleep(Number(words[0]) * 1_000, signal);
    else if (name === "exit") return Number(words[0]);
    else if (name !== "trap" && name !== "dd" && name !== "")
      throw new Error(`the fake shell has no ${name}`);
    await sleep(0, signal);
  }
  return signal.aborted ? TERMINATED : 0;
}

let last = 0n;

/** Timestamps grow, as those of an engine do. */
function lineOf(text: string): OutputLine {
  const now = BigInt(Date.now()) * 1_000_000n;
  last = now > last ? now : last + 1n;
  const seconds = new Date(Number(last / 1_000_000n)).toISOString().slice(0, 19);
  const nanos = (last % 1_000_000_000n).toString().padStart(9, "0");
  return { stream: "stdout", timestamp: `${seconds}.${nanos}Z`, text };
}

async function sleep(ms: number, signal: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, ms);
    const wake = (): void => {
      clearTimeout(timer);
      resolve();
    };
    if (signal.aborted) wake();
    signal.addEventListener("abort", wake, { once: true });
  });
}
