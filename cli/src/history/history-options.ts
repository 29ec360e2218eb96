import { MAX_HISTORY_PAGE } from "@fizz/protocol/messages";
import { type Command, Option } from "commander";
import { type PageOptions, withPageOptions } from "../page-options.ts";

/** What every command takes that reads the gateway's history. */
export interface HistoryOptions extends PageOptions {
  readonly output: "text" | "json";
  readonly json?: boolean;
}

export function withHistoryOptions(command: Command): Command {
  return withPageOptions(command, MAX_HISTORY_PAGE)
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
