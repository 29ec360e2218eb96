import { spawnSync } from "node:child_process";

/** Ways in which z3 may search, tried in turn: what one finds soon, another does not find at all. */
const SEARCHES: readonly (readonly string[])[] = [
  // Products are looked at early.
  ["smt.arith.solver=6", "smt.arith.nl.delay=10"],
  ["smt.arith.solver=2"],
];

/** What z3 answers to a query in SMT-LIB. Each search may take `timeoutS` seconds. */
export function solver(z3: string, timeoutS: number): (query: string) => string {
  return (query) => {
    let answer = "";
    for (const search of SEARCHES) {
      const options = [...search, `-T:${timeoutS}`, "-in"];
      answer = spawnSync(z3, options, { input: query, encoding: "utf8", maxBuffer: 1 << 28 }).stdout;
      if (/^(?:un)?sat\b/.test(answer)) return answer;
    }
    return answer;
  };
}
