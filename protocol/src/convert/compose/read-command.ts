import { type Spot } from "../spot.ts";
import { splitWords } from "./words.ts";

/** A command or an entrypoint: a list, or a text that is split as a shell does. Empty for the image's own. */
export function readCommand(spot: Spot | undefined): string[] {
  if (spot === undefined) return [];
  const words = spot.text === undefined ? wordsOf(spot) : splitWords(spot.text);
  if (words === undefined) {
    spot.note("CONVERT_VALUE_DROPPED", {
      found: spot.tree.kind,
      done: "left out",
      message: "This should be a list of texts, or a line with every quote closed.",
    });
    return [];
  }
  if (words.length === 0)
    spot.note("CONVERT_FIELD_DROPPED", {
      done: "the image's own",
      message: "An empty command clears the image's own in Compose; a manifest cannot do that.",
    });
  return words;
}

function wordsOf(spot: Spot): string[] | undefined {
  const items = spot.items();
  const words = items.flatMap((item) => item.text ?? (item.tree.kind === "nothing" ? "" : []));
  return spot.tree.kind === "a list" && words.length === items.length ? words : undefined;
}
