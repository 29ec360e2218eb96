/** Characters that move the cursor, clear or colour; not the end of a line and the tab. */
const CONTROL = /[^\P{Cc}\n\t]/gu;

/** Text of others as it may stand on a terminal: a gateway or node must not write over what was said before. */
export function plainText(text: string): string {
  return text.replace(CONTROL, "\ufffd");
}

/** As {@link plainText}, on one line: nobody's words begin a line of their own. */
export function plainLine(text: string): string {
  return plainText(text).replaceAll(/\s+/g, " ");
}
