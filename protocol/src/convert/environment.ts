import { MAX_TEXT_LENGTH } from "../manifest/limits.ts";
import { ENV_ENTRY } from "../manifest/patterns.ts";
import { type DraftEnv } from "./draft.ts";
import { type Spot } from "./spot.ts";

type Values = ReadonlyMap<string, string>;

const NONE: Values = new Map();

/**
 * Entries of a map or of a list of `KEY=value`. The last entry of a name counts. An entry without a value takes it from
 * `variables`. Values are never quoted in a report.
 */
export function readEnvironment(spot: Spot | undefined, variables = NONE): DraftEnv[] {
  if (spot === undefined) return [];
  if (spot.tree.kind === "a text") spot.note("CONVERT_ENV_DROPPED", { found: "a text", ...notEntries });
  const entries = new Map<string, DraftEnv>();
  for (const item of [...spot.items(), ...spot.entries()]) {
    const entry = spot.tree.kind === "a map" ? fromMap(item, variables) : fromList(item, variables);
    if (entry === undefined) continue;
    const key = entry.entry.slice(0, entry.entry.indexOf("="));
    if (entries.has(key)) item.note("CONVERT_ENV_DROPPED", { found: key, ...setTwice });
    entries.set(key, entry);
  }
  return [...entries.values()];
}

const notEntries = { done: "left out", message: "The environment is a map, or a list of KEY=value." };
const setTwice = { done: "the last one counts", message: "The variable is set twice." };

function fromMap(item: Spot, variables: Values): DraftEnv | undefined {
  if (item.tree.kind === "nothing") return fromShell(item, item.name, variables);
  if (item.text !== undefined) return checked(item, item.name, item.text);
  drop(item, item.name, notText);
  return undefined;
}

function fromList(item: Spot, variables: Values): DraftEnv | undefined {
  const { text } = item;
  if (text === undefined) {
    drop(item, item.tree.kind, notText);
    return undefined;
  }
  const split = text.indexOf("=");
  if (split === -1) return fromShell(item, text, variables);
  return checked(item, text.slice(0, split), text.slice(split + 1));
}

const notText = "A value must be a text.";

/** A variable that Compose takes from the shell it is started in. */
function fromShell(item: Spot, key: string, variables: Values): DraftEnv | undefined {
  const value = variables.get(key);
  if (value !== undefined) return checked(item, key, value);
  const entry = checked(item, key, "");
  if (entry === undefined) return undefined;
  const message = `${key} comes from your shell, which is not read. Write its value into the manifest.`;
  item.note("CONVERT_VARIABLE_UNSET", { found: key, done: "an empty text instead", message });
  return { ...entry, note: `Set ${key}.` };
}

function checked(item: Spot, key: string, value: string): DraftEnv | undefined {
  const entry = `${key}=${value}`;
  const isLong = entry.length > MAX_TEXT_LENGTH;
  if (!isLong && ENV_ENTRY.test(entry))
    return { entry, note: item.unset.length === 0 ? null : `Set ${item.unset.join(", ")}.` };
  drop(item, key, isLong ? "The value is too long for a manifest." : WRONG_NAME);
  return undefined;
}

const WRONG_NAME = "A name is letters, digits, underscores, dots and hyphens.";

function drop(item: Spot, found: string, message: string): void {
  // What is no name may be a value, and a value may be a secret.
  const shown = /^[\w.-]{1,80}$/.test(found) ? found : "an entry";
  item.note("CONVERT_ENV_DROPPED", { found: shown, done: "left out", message });
}
