import { type LineCounter } from "yaml";
import { type LineRange, type Span } from "./issue.ts";

/** Lines and columns of a span, counted from 1. */
export function lineRangeOf(text: string, lineCounter: LineCounter, span: Span): LineRange {
  const from = lineCounter.linePos(Math.min(span.start, text.length));
  const lineEnd = text.indexOf("\n", span.start);
  const lastOffset = lineEnd === -1 ? text.length : lineEnd;
  // Several lines underlined help nobody: the first one is enough.
  const to = lineCounter.linePos(Math.min(Math.max(span.end, span.start), lastOffset));
  return { line: from.line, column: from.col, endLine: to.line, endColumn: to.col };
}
