const BYTES = 65_000;

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
];

/** One piece again and again, alone and inside of a list that begins: two texts each. */
export const MANIFEST_NOISE: Readonly<Record<string, readonly string[]>> = Object.fromEntries(
  PIECES.map((piece) => {
    const text = piece.repeat(Math.floor(BYTES / piece.length));
    return [`64 KiB of ${JSON.stringify(piece)}`, [text, `services: [${text}`]] as const;
  }),
);
