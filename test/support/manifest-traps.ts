import fc from "fast-check";

/** A little less than the longest text that is looked at. */
export const TRAP_BYTES = 260_000;

/** Texts made to keep a parser busy. None is a manifest. */
export const MANIFEST_TRAPS: Readonly<Record<string, string>> = {
  "exploding aliases": ["a: &a [x,x,x,x,x,x,x,x,x]"]
    .concat(
      "b c d e f g h i".split(" ").map(
        (name, index) =>
          `${name}: &${name} [${Array(9)
            .fill(`*${"abcdefghi"[index] ?? ""}`)
            .join(",")}]`,
      ),
    )
    .join("\n"),
  "a megabyte": "a: 1\n".repeat(250_000),
  "tabs everywhere": "services:\n" + "\t\tweb:\n".repeat(5_000),
  "an alias inside of itself": "services: &s\n  web: *s\n",
  "a service shared by its alias": `services: {a: &s {image: a:1, env: [${"A=1,".repeat(200)}]}, ${Array.from({ length: 60 }, (_, index) => `b${index}: *s`).join(", ")}}`,
  "thousands of keys": Array.from({ length: 7_000 }, (_, index) => `k${index}: `).join("\n"),
};

const PIECES = [
  "[",
  "{",
  "]",
  "[]",
  "- ",
  "? ",
  "a: ",
  ",",
  "&",
  "*",
  "! ",
  '"',
  "'",
  "|\n",
  "%a\n",
  "---\n",
  "a\n:\n",
  "\\",
  "\t",
  "\0",
  "a",
  "a ",
  "a\n",
  "#\n",
  " #",
  "  ",
  "\n",
  "- a\n",
  "a,",
  "|2\n  ",
  "\r",
  "é",
];

/** One piece again and again, alone and inside of a list that begins: two texts each. */
export const MANIFEST_NOISE: Readonly<Record<string, readonly string[]>> = Object.fromEntries(
  PIECES.map((piece) => {
    const text = piece.repeat(Math.floor(TRAP_BYTES / piece.length));
    return [`256 KiB of ${JSON.stringify(piece)}`, [text, `services: [${text}`]] as const;
  }),
);

const BEGINNINGS = [
  "",
  "services: [",
  "services: {",
  "services:\n  web:\n    env:\n",
  "a: |\n",
  'a: "',
  "a: '",
];
const piece = fc.oneof(fc.constantFrom(...PIECES), fc.string({ unit: "grapheme-ascii", maxLength: 3 }));

/** A few pieces again and again, as long as a text may be. */
export const hugeTexts: fc.Arbitrary<string> = fc
  .tuple(fc.constantFrom(...BEGINNINGS), fc.array(piece, { minLength: 1, maxLength: 4 }))
  .map(([beginning, pieces]) => {
    const text = pieces.join("");
    if (text === "") return beginning;
    return beginning + text.repeat(Math.floor((TRAP_BYTES - beginning.length) / Buffer.byteLength(text)));
  });
