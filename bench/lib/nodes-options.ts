import { parseArgs } from "node:util";
import { ScriptError } from "../../scripts/lib/script-error.ts";
import { wholeNumber } from "./options.ts";

export interface NodesOptions {
  readonly nodes: number;
  readonly minutes: number;
  /** Undefined for the agent's own heartbeat. */
  readonly beatSeconds: number | undefined;
  readonly json: string | undefined;
  readonly write: boolean;
}

const MAX_NODES = 50_000;
const MAX_MINUTES = 24 * 60;
const MAX_BEAT_SECONDS = 600;

/** @throws ScriptError USAGE */
export function readNodesOptions(): NodesOptions {
  const { nodes, minutes, beat, json, write } = readWords();
  return {
    nodes: wholeNumber("nodes", nodes, MAX_NODES),
    minutes: wholeNumber("minutes", minutes, MAX_MINUTES),
    beatSeconds: beat === undefined ? undefined : wholeNumber("beat", beat, MAX_BEAT_SECONDS),
    json,
    write,
  };
}

function readWords() {
  try {
    const { values } = parseArgs({
      options: {
        nodes: { type: "string", default: "10000" },
        minutes: { type: "string", default: "10" },
        beat: { type: "string" },
        json: { type: "string" },
        write: { type: "boolean", default: false },
      },
    });
    return values;
  } catch (cause) {
    throw new ScriptError("USAGE", String(cause));
  }
}
