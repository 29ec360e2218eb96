import { parseArgs } from "node:util";
import { ScriptError } from "../../scripts/lib/script-error.ts";
import { wholeNumber } from "./options.ts";

export interface NodesOptions {
  readonly nodes: number;
  readonly minutes: number;
  readonly json: string | undefined;
  readonly write: boolean;
  /** Whether to print where the gateway spends its time, even when every bar is held. */
  readonly profile: boolean;
}

const MAX_NODES = 50_000;
const MAX_MINUTES = 24 * 60;

/** @throws ScriptError USAGE */
export function readNodesOptions(): NodesOptions {
  const { nodes, minutes, json, write, profile } = readWords();
  return {
    nodes: wholeNumber("nodes", nodes, MAX_NODES),
    minutes: wholeNumber("minutes", minutes, MAX_MINUTES),
    json,
    write,
    profile,
  };
}

function readWords() {
  try {
    const { values } = parseArgs({
      options: {
        nodes: { type: "string", default: "10000" },
        minutes: { type: "string", default: "10" },
        json: { type: "string" },
        write: { type: "boolean", default: false },
        profile: { type: "boolean", default: false },
      },
    });
    return values;
  } catch (cause) {
    throw new ScriptError("USAGE", String(cause));
  }
}
