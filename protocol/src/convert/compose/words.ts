/** Splits a command line as a shell does: quotes and backslashes, nothing else. Undefined for a quote without its end. */
export function splitWords(line: string): string[] | undefined {
  const words: string[] = [];
  let word: string | undefined;
  let at = 0;
  while (at < line.length) {
    const letter = line.charAt(at);
    if (/\s/.test(letter)) {
      if (word !== undefined) words.push(word);
      word = undefined;
      at += 1;
      continue;
    }
    const piece = readPiece(line, at);
    if (piece === undefined) return undefined;
    word = (word ?? "") + piece.text;
    at = piece.end;
  }
  return word === undefined ? words : [...words, word];
}

interface Piece {
  readonly text: string;
  readonly end: number;
}

function readPiece(line: string, at: number): Piece | undefined {
  const letter = line.charAt(at);
  if (letter === "\\") return { text: line.charAt(at + 1), end: at + 2 };
  if (letter === "'") {
    const close = line.indexOf("'", at + 1);
    return close === -1 ? undefined : { text: line.slice(at + 1, close), end: close + 1 };
  }
  return letter === '"' ? readDoubleQuoted(line, at + 1) : { text: letter, end: at + 1 };
}

function readDoubleQuoted(line: string, from: number): Piece | undefined {
  let text = "";
  for (let at = from; at < line.length; at += 1) {
    const letter = line.charAt(at);
    if (letter === '"') return { text, end: at + 1 };
    const isEscape = letter === "\\" && /["\\$`\n]/.test(line.charAt(at + 1));
    if (isEscape) at += 1;
    text += line.charAt(at);
  }
  return undefined;
}
