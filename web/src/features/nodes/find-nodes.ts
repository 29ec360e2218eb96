import type { NodeRow } from "./node-row.ts";

/**
 * Nodes of which each word of a text is part of what the table says: id, state, mode, region, tier, GPU. An id is
 * meant as a whole with `#` before it.
 */
export function findNodes(rows: readonly NodeRow[], text: string): readonly NodeRow[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return rows;
  return rows.filter((row) => {
    const said = wordsOf(row);
    return words.every((word) => (word.startsWith("#") ? word === `#${row.nodeId}` : said.includes(word)));
  });
}

function wordsOf({ nodeId, state, mode, region, cpuTier, gpu }: NodeRow): string {
  return [nodeId, state, mode, region, cpuTier, gpu].join("\n").toLowerCase();
}
