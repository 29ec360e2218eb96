import { parseArgs } from "node:util";
import { ScriptError } from "../../../scripts/lib/script-error.ts";
import { wholeNumber } from "../options.ts";

export interface DeployOptions {
  readonly rounds: number;
  /** File that gets the results. */
  readonly json: string | undefined;
  /** Whether docs/PERFORMANCE.md gets them. */
  readonly write: boolean;
}

/** Rounds take a door each, and the gateway has 100 of them. */
const MAX_ROUNDS = 99;

/** @throws ScriptError USAGE */
export function readDeployOptions(): DeployOptions {
  const { rounds, json, write } = readWords();
  return { rounds: wholeNumber("rounds", rounds, MAX_ROUNDS), json, write };
}

function readWords() {
  try {
    const { values } = parseArgs({
      options: {
        rounds: { type: "string", default: "20" },
        json: { type: "string" },
        write: { type: "boolean", default: false },
      },
    });
    return values;
  } catch (cause) {
    throw new ScriptError("USAGE", String(cause));
  }
}
