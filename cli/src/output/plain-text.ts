/** Characters that move the cursor, clear or colour; not the end of a line and the tab. */
const CONTROL = /[^\P{Cc}\n\t]/gu;

/** Text of others as it may stand on a terminal: a gateway or node must not write over what was said before. */
export function plainText(text: string): string {
  return text.replace(CONTROL, "\ufffd");
}

/** Colours and weights of letters (ECMA-48, SGR), which move no cursor. */
const STYLE = /\u001b\[[0-9;:]*m/g;
const UNSTYLED = "\u001b[0m";

/** A line that a program wrote, as it may stand on a terminal: its colours are left, what moves the cursor is not. */
export function styledLine(line: string): string {
  const styles = line.match(STYLE) ?? [];
  const parts = line.replace(/\r$/, "").split(STYLE);
  const styled = parts.map((part, at) => plainText(part).replaceAll("\n", " ") + (styles[at] ?? "")).join("");
  return styles.length > 0 ? `${styled}${UNSTYLED}` : styled;
}

/** As {@link plainText}, on one line: nobody's words begin a line of their own. */
export function plainLine(text: string): string {
  return plainText(text).replaceAll(/\s+/g, " ");
}
