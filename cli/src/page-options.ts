import { type Command, InvalidArgumentError } from "commander";

/** What every command takes that shows a page of the gateway's. */
export interface PageOptions {
  readonly limit?: string;
  readonly cursor?: string;
}

/** @param most Rows of a page; below 1,000. */
export function withPageOptions(command: Command, most: number): Command {
  const parseLimit = (text: string): string => {
    if (/^[1-9]\d{0,2}$/.test(text) && Number(text) <= most) return text;
    throw new InvalidArgumentError(`Write a number from 1 to ${most}.`);
  };
  return command
    .option("--limit <rows>", `rows of a page, at most ${most}; else 100`, parseLimit)
    .option("--cursor <cursor>", "go on where a page ended: its nextCursor");
}

/** The words of an address that say which page. */
export function pageOf({ limit, cursor }: PageOptions): { limit?: string; cursor?: string } {
  return { ...(limit !== undefined && { limit }), ...(cursor !== undefined && { cursor }) };
}
