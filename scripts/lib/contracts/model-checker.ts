import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import solc from "solc";
import { inRoot } from "../paths.ts";
import { ScriptError } from "../script-error.ts";
import { type SolcOutput } from "./solidity-ast.ts";

/** One assert of a harness. */
export interface Claim {
  readonly proved: boolean;
  readonly line: number;
  readonly text: string;
}

const PROVED = "2961";
const NOT_PROVED = new Set(["1823", "4661", "7812"]);

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
 */
export async function modelCheck(init: {
  readonly harness: string;
  /** Sources that are not on the disk. */
  readonly generated: Readonly<Record<string, string>>;
  /** What a solver answers to a query in SMT-LIB. */
  readonly solve: (query: string) => string;
}): Promise<Claim[]> {
  const { harness, generated, solve } = init;
  const path = `test/proofs/${harness}.sol`;
  const content = await readFile(inRoot(path), "utf8");
  const modelChecker = {
    contracts: { [path]: [harness] },
    engine: "bmc",
    solvers: ["smtlib2"],
    targets: ["assert"],
    showProvedSafe: true,
    showUnproved: true,
  };
  const input = {
    language: "Solidity",
    sources: { [path]: { content } },
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
  return (output.errors ?? []).flatMap(({ errorCode = "", sourceLocation }): Claim[] => {
    if (sourceLocation?.file !== path || !(errorCode === PROVED || NOT_PROVED.has(errorCode))) return [];
    const { start, end } = sourceLocation;
    const bytes = Buffer.from(content, "utf8");
    const line = bytes.subarray(0, start).toString("utf8").split("\n").length;
    return [{ proved: errorCode === PROVED, line, text: bytes.subarray(start, end).toString("utf8") }];
  });
}

function locate(name: string): string {
  return name.startsWith("@") ? inRoot(`node_modules/${name}`) : inRoot(name);
}
