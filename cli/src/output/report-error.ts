import { ProtocolError } from "@fizz/protocol/errors";
import { toWire } from "@fizz/protocol/messages";
import { exitCodeOf } from "./exit-codes.ts";
import { hints } from "./hints.ts";
import { plainText } from "./plain-text.ts";
import { type Terminal } from "./terminal.ts";

const MAX_CAUSES = 5;

/** Prints an error on stderr: what, code, what to do; as one line of JSON when data is wanted as JSON. */
export function reportError(terminal: Terminal, error: unknown, json: boolean): void {
  const known = error instanceof ProtocolError ? error : unexpected(error);
  const hint = hints[known.code];
  if (json) {
    const { code, message, retryable, details } = known;
    const shown = { code, message, hint, retryable, exitCode: exitCodeOf(error), details };
    terminal.stderr(`${toWire({ error: shown })}\n`);
    return;
  }
  const { red, dim } = terminal.colors;
  terminal.stderr(`${red("error:")} ${plainText(known.message)} ${dim(`[${known.code}]`)}\n`);
  for (const cause of causesOf(known)) terminal.stderr(dim(`  because: ${plainText(cause)}\n`));
  if (hint !== undefined) terminal.stderr(`  → ${hint}\n`);
}

function unexpected(error: unknown): ProtocolError {
  const text = error instanceof Error ? error.message : String(error);
  return new ProtocolError("INTERNAL", `Something unexpected happened: ${firstLine(text)}`, { cause: error });
}

/** What lies under an error, without repeating itself. */
function causesOf(error: ProtocolError): string[] {
  const causes: string[] = [];
  let cause: unknown = error.cause;
  while (cause instanceof Error && causes.length < MAX_CAUSES) {
    const text = firstLine("shortMessage" in cause ? String(cause.shortMessage) : cause.message);
    if (text !== "" && !error.message.includes(text) && causes.at(-1) !== text) causes.push(text);
    cause = cause.cause;
  }
  return causes;
}

function firstLine(text: string): string {
  return text.split("\n", 1)[0] ?? "";
}
