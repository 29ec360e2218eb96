/** A piece of a log line in one style. */
export interface AnsiSpan {
  readonly text: string;
  /** 0 to 7 for the eight colours of terminals; undefined for the default. */
  readonly colour: number | undefined;
  readonly bold: boolean;
}

// Colours (SGR) are understood; every other escape sequence and control character is dropped.
const SEQUENCE =
  /\u001b\[([\d;]*)m|\u001b(?:\[[\d;?]*[ -/]*[@-~]|\][^\u0007]*(?:\u0007|\u001b\\)|.)|[\u0000-\u0008\u000b-\u001f\u007f]/g;

/** Splits a line of terminal output into styled pieces. What a carriage return overwrote is gone, as in a terminal. */
export function parseAnsi(line: string): AnsiSpan[] {
  const visible = line.replace(/\r+$/, "").split("\r").at(-1) ?? "";
  const spans: AnsiSpan[] = [];
  let style: Pick<AnsiSpan, "colour" | "bold"> = { colour: undefined, bold: false };
  let from = 0;
  const push = (to: number): void => {
    if (to > from) spans.push({ text: visible.slice(from, to), ...style });
  };
  for (const match of visible.matchAll(SEQUENCE)) {
    push(match.index);
    from = match.index + match[0].length;
    if (match[1] !== undefined) style = applyCodes(style, match[1]);
  }
  push(visible.length);
  return spans;
}

function applyCodes(
  style: Pick<AnsiSpan, "colour" | "bold">,
  codes: string,
): Pick<AnsiSpan, "colour" | "bold"> {
  let { colour, bold } = style;
  for (const code of codes.split(";").map(Number)) {
    if (code === 0) [colour, bold] = [undefined, false];
    else if (code === 1) bold = true;
    else if (code === 22) bold = false;
    else if (code === 39) colour = undefined;
    else if (code >= 30 && code <= 37) colour = code - 30;
    else if (code >= 90 && code <= 97) colour = code - 90;
  }
  return { colour, bold };
}
