import { type Terminal } from "./terminal.ts";

/** A problem of a file with its place. Lines and columns count from 1. */
interface Finding {
  readonly severity: "error" | "warning";
  readonly line: number;
  readonly column: number;
  readonly path: string;
  readonly message: string;
  readonly code: string;
  readonly found: string;
}

/** `file:line:column: error: message [CODE]`, as editors understand it, then where it is, what was found, and the hints. */
export function printFinding(
  terminal: Terminal,
  file: string,
  { hints, ...finding }: Finding & { readonly hints: readonly string[] },
): void {
  const { red, yellow, dim } = terminal.colors;
  const { severity, path, line, column, found, message, code } = finding;
  const kind = severity === "error" ? red("error") : yellow("warning");
  terminal.stderr(`${file}:${line}:${column}: ${kind}: ${message} ${dim(`[${code}]`)}\n`);
  const all = [...(path === "" ? [] : [`at ${path}`]), ...(found === "" ? [] : [`found ${found}`]), ...hints];
  if (all.length > 0) terminal.stderr(`  ${all.join("; ")}\n`);
}
