import { readFileSync } from "node:fs";
import solc from "solc";
import { inRoot } from "../paths.ts";
import { ScriptError } from "../script-error.ts";
import { type SolcOutput } from "./solidity-ast.ts";

/**
 * `refuted`: there is a state in which the claim is false. `open`: the solver found neither a proof nor such a state.
 */
export type Verdict = "proved" | "refuted" | "open";

/** One assert of a harness. */
export interface Claim {
  readonly verdict: Verdict;
  /** The harness's function that makes it. */
  readonly function: string;
  readonly line: number;
  readonly text: string;
}

const VERDICTS: Readonly<Record<string, Verdict>> = {
  2961: "proved",
  4661: "refuted",
  7812: "open",
  // The solver gave no answer, or two.
  1823: "open",
  1584: "open",
};

/** An assert of a harness; each is a statement of its own. */
const ASSERT = /\bassert\([^;]*\);/g;

const compiler = solc as unknown as {
  compile(
    input: string,
    callbacks: {
      import(path: string): { contents: string };
      smtSolver(query: string): { contents: string };
    },
  ): string;
};

/**
 * Checks every assert of a harness. The engine is BMC: it takes each function by itself, from every state that its
 * `require`s allow, so that what it proves holds for any number of calls, and there is no loop to bound.
 * Quotients and remainders go to the solver as such: it knows more about them than about what solc puts in their place.
 */
export function modelCheck(init: {
  /** Its name, and its text: the file test/proofs/<name>.sol. */
  readonly harness: { readonly name: string; readonly text: string };
  /** Sources that are not on the disk. */
  readonly generated: Readonly<Record<string, string>>;
  /** What a solver answers to a query in SMT-LIB. */
  readonly solve: (query: string) => string;
}): Claim[] {
  const { harness, generated, solve } = init;
  const path = `test/proofs/${harness.name}.sol`;
  const modelChecker = {
    contracts: { [path]: [harness.name] },
    engine: "bmc",
    divModNoSlacks: true,
    solvers: ["smtlib2"],
    targets: ["assert"],
    showProvedSafe: true,
    showUnproved: true,
  };
  const input = {
    language: "Solidity",
    sources: { [path]: { content: harness.text } },
    settings: { evmVersion: "cancun", modelChecker, outputSelection: { "*": { "": ["ast"] } } },
  };
  const output = JSON.parse(
    compiler.compile(JSON.stringify(input), {
      import: (name) => ({ contents: generated[name] ?? readFileSync(locate(name), "utf8") }),
      smtSolver: (query) => ({ contents: solve(query) }),
    }),
  ) as SolcOutput;
  const errors = (output.errors ?? []).filter(({ severity }) => severity === "error");
  if (errors.length > 0) {
    const details = errors.map(({ formattedMessage }) => formattedMessage).join("\n");
    throw new ScriptError("PROOF_DOES_NOT_COMPILE", `${path} does not compile.`, { details });
  }
  return claimsOf(output, path, harness.text);
}

/** Every assert of a harness has a verdict: one without would look like one that is proved. */
function claimsOf(output: SolcOutput, path: string, text: string): Claim[] {
  const bytes = Buffer.from(text, "utf8");
  const claims = (output.errors ?? []).flatMap(({ errorCode = "", sourceLocation }): Claim[] => {
    const verdict = VERDICTS[errorCode];
    if (sourceLocation?.file !== path || verdict === undefined) return [];
    const { start, end } = sourceLocation;
    const before = bytes.subarray(0, start).toString("utf8");
    return [
      {
        verdict,
        function: functionAt(before),
        line: before.split("\n").length,
        text: bytes.subarray(start, end).toString("utf8"),
      },
    ];
  });
  const asserts = text.match(ASSERT)?.length ?? 0;
  if (claims.length !== asserts || asserts === 0) {
    throw new ScriptError("CLAIMS_MISSING", `${path} has ${asserts} asserts, and ${claims.length} verdicts.`);
  }
  return claims.sort((a, b) => a.line - b.line);
}

/** A harness that claims, in the place of each claim, that this place is not reached. */
export function claimNothingIsReached(text: string): string {
  return text.replace(ASSERT, (claim) => `assert(false);${linesOf(claim)}`);
}

/** A harness with one of its claims, or undefined where it has no such claim. */
export function claimOnly(text: string, where: string, claim: string): string | undefined {
  let found = 0;
  const only = text.replace(ASSERT, (statement, offset: number) => {
    if (functionAt(text.slice(0, offset)) !== where || statement !== `assert(${claim});`)
      return linesOf(statement);
    found += 1;
    return statement;
  });
  return found === 1 ? only : undefined;
}

/** As many empty lines as a text spans, so that the lines after it keep their numbers. */
function linesOf(text: string): string {
  return "\n".repeat(text.split("\n").length - 1);
}

/** The function in which a text ends. */
function functionAt(before: string): string {
  return [...before.matchAll(/\bfunction (\w+)|\bconstructor\b/g)].at(-1)?.[1] ?? "constructor";
}

function locate(name: string): string {
  return name.startsWith("@") ? inRoot(`node_modules/${name}`) : inRoot(name);
}
