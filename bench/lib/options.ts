import { parseArgs } from "node:util";
import { ScriptError } from "../../scripts/lib/script-error.ts";

/** What every comparison of several rounds is asked. */
export interface RoundOptions {
  readonly rounds: number;
  /** Of one measurement. */
  readonly seconds: number;
  /** Empty for all. */
  readonly only: readonly string[];
  /** File that gets the results. */
  readonly json: string | undefined;
  /** Whether docs/PERFORMANCE.md gets them. */
  readonly write: boolean;
}

const MAX_ROUNDS = 99;
const MAX_SECONDS = 60;

/** @throws ScriptError USAGE */
export function readRoundOptions(names: readonly string[]): RoundOptions {
  const values = readWords();
  const only = values.only ?? [];
  const unknown = only.find((name) => !names.includes(name));
  if (unknown !== undefined) throw usage(`There is no measure "${unknown}". There are: ${names.join(", ")}.`);
  return {
    rounds: wholeNumber("rounds", values.rounds, MAX_ROUNDS),
    seconds: wholeNumber("seconds", values.seconds, MAX_SECONDS),
    only,
    json: values.json,
    write: values.write,
  };
}

function readWords() {
  try {
    const { values } = parseArgs({
      options: {
        rounds: { type: "string", default: "5" },
        seconds: { type: "string", default: "2" },
        only: { type: "string", multiple: true },
        json: { type: "string" },
        write: { type: "boolean", default: false },
      },
    });
    return values;
  } catch (cause) {
    throw usage(String(cause));
  }
}

/** A number of an option, from 1. @throws ScriptError USAGE */
export function wholeNumber(name: string, text: string, most: number): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > most)
    throw usage(`--${name} is a whole number from 1 to ${most}, not ${text}.`);
  return value;
}

function usage(message: string): ScriptError {
  return new ScriptError("USAGE", message);
}
