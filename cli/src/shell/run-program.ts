import { type ExecClient } from "@fizz/protocol/control";
import { type ProgramTerminal } from "../output/program-terminal.ts";

export interface ProgramRun {
  readonly terminal: ProgramTerminal;
  /** The program got a terminal: keys go to it as they are pressed. */
  readonly isTerminal: boolean;
  /** Standard input is the program's. */
  readonly takesInput: boolean;
}

/**
 * Joins this process's input and outputs with a program in a container, until that has ended.
 *
 * @returns Its exit code; null when the node does not know it.
 * @throws ProtocolError what the node ended it with; STREAM_CLOSED when the session was cut
 */
export async function runProgram(
  program: ExecClient,
  { terminal, isTerminal, takesInput }: ProgramRun,
  signal: AbortSignal,
): Promise<number | null> {
  const giveBack = isTerminal ? terminal.take((size) => void quietly(program.resize(size, signal))) : nothing;
  const stop = takesInput
    ? terminal.read(
        async (bytes) => {
          await quietly(program.write(bytes, signal));
        },
        () => void quietly(program.endInput(signal)),
      )
    : nothing;
  try {
    if (!takesInput) await quietly(program.endInput(signal));
    const output = program.output(signal);
    for (;;) {
      const next = await output.next();
      if (next.done === true) return next.value;
      await terminal.write(next.value.stream, next.value.bytes);
    }
  } finally {
    stop();
    giveBack();
    await program.close();
  }
}

const nothing = (): void => undefined;

/** That the program is gone is told by its output. */
async function quietly(sending: Promise<void>): Promise<void> {
  await sending.catch(nothing);
}
