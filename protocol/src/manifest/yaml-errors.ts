import { type Document } from "yaml";
import { type TextProblem } from "./issue.ts";
import { MAX_ISSUES, MAX_TOKENS } from "./limits.ts";
import { type Refusal } from "./yaml-compose.ts";

type ParserError = Document.Parsed["errors"][number];

/** Sentences of our own: the parser quotes the text, and what it quotes could be a secret. */
const MESSAGES: Partial<Record<ParserError["code"], string>> = {
  BAD_DQ_ESCAPE:
    "This backslash sequence is not known in double quotes. Use single quotes, or write two backslashes.",
  BAD_INDENT: "The indentation does not fit what is around it.",
  BAD_SCALAR_START: "A plain text cannot begin with this character. Put it in quotes.",
  BLOCK_AS_IMPLICIT_KEY: "There are two colons in one line. Put the value in quotes.",
  BLOCK_IN_FLOW: "A list or map with dashes or colons cannot stand inside of brackets.",
  KEY_OVER_1024_CHARS: "A key is far too long. A quote or a line break is probably missing.",
  MISSING_CHAR: "A closing quote, bracket, comma or colon is missing.",
  MULTILINE_IMPLICIT_KEY: "A key runs over several lines. A colon or a quote is probably missing.",
  UNEXPECTED_TOKEN: "This does not belong here.",
};

/** Problems of a text that is not YAML, the first ones in full. */
export function describeErrors(text: string, errors: readonly ParserError[]): TextProblem[] {
  const described = errors.slice(0, MAX_ISSUES + 1).map((error) => describeError(text, error));
  // What does not fit any more is only counted; parse-manifest.ts says how many there are.
  const last = described.at(-1);
  return last === undefined
    ? []
    : [...described, ...Array<TextProblem>(errors.length - described.length).fill(last)];
}

function describeError(text: string, error: ParserError): TextProblem {
  const [start, end] = error.pos;
  const span = { start, end };
  if (error.code === "TAB_AS_INDENT" || isTabIndented(text, start))
    return {
      ...span,
      code: "MANIFEST_YAML_TAB",
      found: "a tab",
      allowed: "spaces",
      message: "YAML indents with spaces. Replace the tab by two spaces.",
    };
  if (error.code === "RESOURCE_EXHAUSTION") return describeDepth(start);
  return {
    ...span,
    code: "MANIFEST_YAML_SYNTAX",
    found: start < text.length ? JSON.stringify(text.charAt(start)) : "the end of the text",
    allowed: "YAML 1.2",
    message: MESSAGES[error.code] ?? "This is not YAML.",
  };
}

/** The problem of a text of which no tree was made. */
export function describeRefusal(refused: Refusal, start: number): TextProblem {
  if (refused === "nesting") return describeDepth(start);
  return {
    start,
    end: start + 1,
    code: "MANIFEST_TOO_LARGE",
    found: `more than ${MAX_TOKENS} tokens of YAML`,
    allowed: `at most ${MAX_TOKENS} tokens`,
    message: "The text holds more than a manifest can. Put data into the image, not into the manifest.",
  };
}

function describeDepth(start: number): TextProblem {
  return {
    start,
    end: start + 1,
    code: "MANIFEST_TOO_DEEP",
    found: "lists within lists",
    allowed: "the nesting of a manifest",
    message: "The text nests too deep to be a manifest.",
  };
}

/** The problem of a second document, when there is one. */
export function describeSecond(start: number | undefined): TextProblem[] {
  if (start === undefined) return [];
  return [
    {
      start,
      end: start + 1,
      code: "MANIFEST_YAML_DOCUMENTS",
      found: "a second document",
      allowed: "one document",
      message: "A file holds one manifest. Move what follows --- into a file of its own.",
    },
  ];
}

/** Whether the line of an offset begins with a tab. Looks back no further than any indentation goes. */
function isTabIndented(text: string, offset: number): boolean {
  const from = text.lastIndexOf("\n", offset - 1) + 1;
  return /^[ ]*\t/.test(text.slice(from, from + 256));
}
