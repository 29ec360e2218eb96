import { Composer, type CST, type Document, Lexer, LineCounter, Parser } from "yaml";
import { MAX_ISSUES, MAX_PARSER_DEPTH } from "./limits.ts";

export interface Composed {
  readonly lineCounter: LineCounter;
  /** Undefined when the text nests too deep to be looked at. */
  readonly document: Document.Parsed | undefined;
  /** Offset of the second document, when there is one. */
  readonly secondDocument: number | undefined;
  /** How far the parser came. */
  readonly offset: number;
}

/**
 * What `parseDocument` of yaml does, ended as soon as the nesting passes the limit: the parser itself keeps a stack of
 * its own, but what makes a tree of its tokens calls itself once per level.
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
  if (tokens === undefined)
    return { lineCounter, document: undefined, secondDocument: undefined, offset: parser.offset };
  const documents = composer.compose(tokens, true, text.length);
  const first = documents.next().value;
  const second = documents.next().value;
  return {
    lineCounter,
    document: first === undefined ? undefined : first,
    secondDocument: second === undefined ? undefined : second.range[0],
    offset: parser.offset,
  };
}

function tokensOf(text: string, parser: Parser): CST.Token[] | undefined {
  const tokens: CST.Token[] = [];
  let errors = 0;
  for (const lexeme of new Lexer().lex(text)) {
    for (const token of parser.next(lexeme)) {
      if (token.type === "error") errors += 1;
      // Nobody reads thousands of them, and each one costs an Error with its stack.
      if (token.type !== "error" || errors <= MAX_ISSUES + 1) tokens.push(token);
    }
    if (parser.stack.length > MAX_PARSER_DEPTH) return undefined;
  }
  tokens.push(...parser.end());
  return tokens;
}
