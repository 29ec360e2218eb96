import { createInterface } from "node:readline";

/** One line of JSON on stdout. */
export function say(line: unknown): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

/** Answers each line of stdin in turn. */
export async function answerLines(answer: (word: string) => unknown): Promise<void> {
  for await (const word of createInterface({ input: process.stdin })) say(await answer(word));
}
