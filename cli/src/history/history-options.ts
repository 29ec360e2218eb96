import { MAX_HISTORY_PAGE } from "@fizz/protocol/messages";
import { type Command, InvalidArgumentError, Option } from "commander";

/** What every command takes that reads the gateway's history. */
export interface HistoryOptions {
  readonly limit?: string;
  readonly cursor?: string;
  readonly output: "text" | "json";
  readonly json?: boolean;
}

export function withHistoryOptions(command: Command): Command {
  return command
    .option("--limit <rows>", `rows of a page, at most ${MAX_HISTORY_PAGE}; else 100`, parseLimit)
    .option("--cursor <cursor>", "go on where a page ended: its nextCursor")
    .addOption(
      new Option("-o, --output <format>", "one line of JSON for the page")
        .choices(["text", "json"])
        .default("text"),
    )
    .option("--json", "as -o json");
}

export function wantsJson({ output, json }: HistoryOptions): boolean {
  return output === "json" || json === true;
}

/** The words of an address that say which page. */
export function pageOf({ limit, cursor }: HistoryOptions): { limit?: string; cursor?: string } {
  return { ...(limit !== undefined && { limit }), ...(cursor !== undefined && { cursor }) };
}

function parseLimit(text: string): string {
  if (/^[1-9]\d{0,2}$/.test(text) && Number(text) <= MAX_HISTORY_PAGE) return text;
  throw new InvalidArgumentError(`Write a number from 1 to ${MAX_HISTORY_PAGE}.`);
}
