import { type ConvertFinding } from "@fizz/protocol/convert";
import { type Terminal } from "./terminal.ts";

/** `file:line:column: warning: message [CODE]`, as editors understand it, then what was found and what was done. */
export function printFinding(terminal: Terminal, file: string, finding: ConvertFinding): void {
  const { red, yellow, dim } = terminal.colors;
  const { severity, path, line, column, found, done, message, code } = finding;
  const kind = severity === "error" ? red("error") : yellow("warning");
  terminal.stderr(`${file}:${line}:${column}: ${kind}: ${message} ${dim(`[${code}]`)}\n`);
  const hints = [...(path === "" ? [] : [`at ${path}`]), `found ${found}`, `done: ${done}`];
  terminal.stderr(`  ${hints.join("; ")}\n`);
}
