/** Rows as lines with aligned columns; the first row is the header. */
export function formatTable(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join("  ");
  const [header = [], ...body] = rows.map(line);
  return [header, "-".repeat(header.length), ...body].join("\n");
}

/** A share with one decimal; nothing to reach is all reached. */
export function percent({ all, hit }: { readonly all: number; readonly hit: number }): string {
  return all === 0 ? "-" : `${((100 * hit) / all).toFixed(1)} %`;
}
