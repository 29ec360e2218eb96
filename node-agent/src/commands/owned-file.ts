import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";

/** First line of each file that `install` writes; the hash is of all that follows. */
const MARK = /^# Written by `fizz node install`, which `fizz node uninstall` undoes\. ([0-9a-f]{64})\n/;

/** Where `install` writes on a machine with systemd. */
export const SYSTEMD_FILES = ["/etc/systemd/system/fizz-node.service", "/etc/fizz/node.env"] as const;
/** Names in the data folder that `install` writes for Compose. */
export const COMPOSE_FILES = ["compose.yaml", "compose.env"] as const;

export type FileState = "none" | "own" | "foreign";

/** Text with the line that says who wrote it. */
export function marked(text: string): string {
  return `# Written by \`fizz node install\`, which \`fizz node uninstall\` undoes. ${hashOf(text)}\n${text}`;
}

/** `foreign` is a file that `install` did not write, or that was changed since. @throws an error of node:fs */
export function stateOfFile(path: string): FileState {
  if (!existsSync(path)) return "none";
  const text = readFileSync(path, "utf8");
  const match = MARK.exec(text);
  return match !== null && hashOf(text.slice(match[0].length)) === match[1] ? "own" : "foreign";
}

function hashOf(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
