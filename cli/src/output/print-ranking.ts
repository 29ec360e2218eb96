import { type Refusal } from "@fizz/protocol/messages";
import { type ExplainedRanking, scoreWeights } from "@fizz/protocol/scores";
import { type Token } from "../chain/tokens.ts";
import { showHourly } from "./format.ts";
import { plainLine } from "./plain-text.ts";
import { formatTable } from "./table.ts";
import { type Terminal } from "./terminal.ts";

/** Parts that rest on what nobody but the gateway can tell. */
const ON_ITS_WORD = new Set(["uptime", "fit", "latency"]);
const names = Object.keys(scoreWeights);

/** Each quote with its points by the formula, and what differs, on stdout. */
export function printRanking(terminal: Terminal, { quotes, findings }: ExplainedRanking, token: Token): void {
  const heading = [
    "RANK",
    "NODE",
    "ASKS",
    ...names.map((name) => `${name.toUpperCase()}${ON_ITS_WORD.has(name) ? "*" : ""}`),
    "SCORE",
    "GATEWAY SAYS",
  ];
  const rows = quotes.map(({ ranked, rank, score, parts }, index) => {
    const { nodeId, ratePerSecond } = ranked.signed.quote;
    const points = names.map((name) => show(parts.find((part) => part.name === name)?.points));
    return [
      show(rank),
      `${nodeId}`,
      showHourly(ratePerSecond, token),
      ...points,
      show(score),
      `${ranked.score}, place ${index + 1}`,
    ];
  });
  if (rows.length > 0) {
    terminal.stdout(formatTable(heading, rows));
    terminal.data("  * by the gateway's word alone: uptime, round trip, what the node says is free.");
  }
  for (const { severity, nodeId, code, message } of findings) {
    const who = nodeId === null ? "the answer" : `node ${nodeId}`;
    terminal.data(`${severity === "error" ? "differs" : "note"}: ${who}: ${message} [${code}]`);
  }
}

/** Who did not bid, with every reason, on stderr. */
export function printRefusals(terminal: Terminal, refusals: readonly Refusal[]): void {
  for (const { nodeId, code, message, reasons } of refusals) {
    const codes = reasons?.map((reason) => reason.code) ?? [code];
    terminal.note(
      `node ${nodeId} did not bid: ${plainLine(message)} [${plainLine([...new Set(codes)].join(", "))}]`,
    );
  }
}

function show(value: number | null | undefined): string {
  return value === null || value === undefined ? "?" : `${value}`;
}
