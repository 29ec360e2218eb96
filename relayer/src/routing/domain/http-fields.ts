import { type HeaderList } from "./message-headers.ts";

const NAME = "[!#$%&'*+\\-.^_`|~0-9A-Za-z]+";
const VALUE = "[\\t\\x20-\\x7e\\x80-\\xff]*";
/** Lines of fields and nothing else: no folded ones, no bare CR or LF, no space before a colon (RFC 9112, 5). */
const LINES = new RegExp(`(?:${NAME}:${VALUE}\\r\\n)*$`, "y");
const WHOLE_VALUE = new RegExp(`^${VALUE}$`);
const WHOLE_NAME = new RegExp(`^${NAME}$`);
const SPACE = 0x20;
const TAB = 0x09;

/**
 * Reads lines of fields.
 *
 * @param text With a character for each byte. @param from Where they begin; they go to its end, CRLF after each.
 * @returns Name, value, name, value; undefined when one of them is malformed.
 */
export function readFields(text: string, from: number): string[] | undefined {
  LINES.lastIndex = from;
  if (!LINES.test(text)) return undefined;
  const fields: string[] = [];
  let at = from;
  while (at < text.length) {
    const colon = text.indexOf(":", at);
    const end = text.indexOf("\r\n", colon);
    fields.push(text.slice(at, colon), trimmed(text, colon + 1, end));
    at = end + 2;
  }
  return fields;
}

/** Writes fields that may come from elsewhere: what is no name, or no value, is left out. */
export function writeFields(fields: HeaderList): string {
  let text = "";
  for (let index = 0; index < fields.length; index += 2) {
    const name = fields[index] ?? "";
    const value = fields[index + 1] ?? "";
    if (WHOLE_NAME.test(name) && WHOLE_VALUE.test(value)) text += `${name}: ${value}\r\n`;
  }
  return text;
}

/** Whether it is a method or a name of a field. */
export function isToken(text: string): boolean {
  return WHOLE_NAME.test(text);
}

function trimmed(text: string, from: number, to: number): string {
  let start = from;
  let end = to;
  while (start < end && isBlank(text.charCodeAt(start))) start += 1;
  while (end > start && isBlank(text.charCodeAt(end - 1))) end -= 1;
  return text.slice(start, end);
}

function isBlank(code: number): boolean {
  return code === SPACE || code === TAB;
}
