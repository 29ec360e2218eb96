import type { ExecClient } from "@fizz/protocol/control";
import type { TerminalSize } from "@fizz/protocol/messages";

/** What a shell is shown on. */
export interface Screen {
  readonly size: TerminalSize;
  /** Resolves when the screen has taken it: a program that writes quicker waits. */
  write(bytes: Uint8Array): Promise<void>;
  /** @returns What ends the calls. */
  onInput(listener: (bytes: Uint8Array) => void): () => void;
  onResize(listener: (size: TerminalSize) => void): () => void;
}

type Program = Pick<ExecClient, "write" | "resize" | "output" | "close">;

/** Keys and sizes that wait to be sent; what comes beyond is dropped, in calls. */
const MAX_WAITING = 1_000;

/**
 * Joins a program with a screen until the program ends.
 *
 * @returns Its exit code; null when the node does not know it.
 * @throws ProtocolError what the node ended it with; STREAM_CLOSED, TIMEOUT
 */
export async function runShell(
  program: Program,
  screen: Screen,
  signal: AbortSignal,
): Promise<number | null> {
  const over = new AbortController();
  const both = AbortSignal.any([signal, over.signal]);
  let sending = Promise.resolve();
  let waiting = 0;
  // One after the other: keys in their order.
  const send = (task: () => Promise<void>): void => {
    if (waiting >= MAX_WAITING) return;
    waiting += 1;
    sending = sending
      .then(task)
      .catch(() => undefined)
      .finally(() => {
        waiting -= 1;
      });
  };
  const stops = [
    screen.onInput((bytes) => {
      send(() => program.write(bytes, both));
    }),
    screen.onResize((size) => {
      send(() => program.resize(size, both));
    }),
  ];
  try {
    const output = program.output(signal);
    for (;;) {
      const next = await output.next();
      if (next.done === true) return next.value;
      await screen.write(next.value.bytes);
    }
  } finally {
    over.abort();
    for (const stop of stops) stop();
    await program.close();
  }
}
