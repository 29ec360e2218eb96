import { Composer, CST, type Document, Lexer, LineCounter, Parser } from "yaml";
import { MAX_ISSUES, MAX_PARSER_DEPTH, MAX_TOKENS } from "./limits.ts";

export type Composed =
  | {
      readonly refused: undefined;
      readonly lineCounter: LineCounter;
      readonly document: Document.Parsed;
      /** Offset of the second document, when there is one. */
      readonly secondDocument: number | undefined;
    }
  | {
      readonly refused: Refusal;
      readonly lineCounter: LineCounter;
      /** How far the parser came. */
      readonly offset: number;
    };

/** Why no tree is made: the text nests too deep, or has more tokens than a manifest. */
export type Refusal = "nesting" | "tokens";

/** What the lexer hands out besides tokens of the text: marks of its own, and the text of a scalar after its mark. */
const UNCOUNTED: ReadonlySet<CST.TokenType | null> = new Set(["space", "byte-order-mark", "doc-mode", null]);

/**
 * What `parseDocument` of yaml does, ended as soon as a limit is passed. Nesting: the parser itself keeps a stack of its
 * own, but what makes a tree of its tokens calls itself once per level. Tokens: a text of nothing but commas takes a
 * hundred times as long as ordinary lines.
 */
export function composeYaml(text: string): Composed {
  const lineCounter = new LineCounter();
  const parser = new Parser(lineCounter.addNewLine);
  const composer = new Composer({
    version: "1.2",
    schema: "core",
    merge: false,
    // Ours is linear (yaml-inspect.ts); the parser's own compares every pair of keys.
    uniqueKeys: false,
    prettyErrors: false,
    logLevel: "error",
  });
  lineCounter.addNewLine(0);
  const tokens = tokensOf(text, parser);
  if (typeof tokens === "string") return { refused: tokens, lineCounter, offset: parser.offset };
  const documents = composer.compose(tokens, true, text.length);
  const [first, second] = withoutStacks(() => [documents.next().value, documents.next().value]);
  if (first === undefined) throw new TypeError("The composer makes a document of any text.");
  return {
    refused: undefined,
    lineCounter,
    document: first,
    secondDocument: second === undefined ? undefined : second.range[0],
  };
}

/** The parser makes an Error of each thing that is wrong, thousands in one text. Nobody reads where they were made. */
function withoutStacks<Result>(call: () => Result): Result {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  try {
    return call();
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

function tokensOf(text: string, parser: Parser): CST.Token[] | Refusal {
  const tokens: CST.Token[] = [];
  let [errors, count] = [0, 0];
  for (const lexeme of new Lexer().lex(text)) {
    if (!UNCOUNTED.has(CST.tokenType(lexeme))) count += 1;
    if (count > MAX_TOKENS) return "tokens";
    for (const token of parser.next(lexeme)) {
      if (token.type === "error") errors += 1;
      // Nobody reads thousands of them, and each one costs an Error with its stack.
      if (token.type !== "error" || errors <= MAX_ISSUES + 1) tokens.push(token);
    }
    if (parser.stack.length > MAX_PARSER_DEPTH) return "nesting";
  }
  tokens.push(...parser.end());
  return tokens;
}
