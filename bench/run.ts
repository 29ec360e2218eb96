/**
 * `npm run bench [name …] [-- --store postgres|pglite --write]`: runs the named comparisons, or all. Exits with 1 when
 * one does not reach what is wanted. Run it on a machine that does nothing else.
 */
import { parseArgs } from "node:util";
import { formatTable } from "../scripts/lib/contracts/text-table.ts";
import { runMain } from "../scripts/lib/run-main.ts";
import { ScriptError } from "../scripts/lib/script-error.ts";
import { agentBench } from "./agent.ts";
import { type Bench, type BenchOptions } from "./bench.ts";
import { connectionsBench } from "./connections.ts";
import { directoryBench } from "./directory.ts";
import { forwardingBench } from "./forwarding.ts";
import { historyBench } from "./history.ts";
import { manifestBench } from "./manifest.ts";
import { quotesBench } from "./quotes.ts";
import { startBench } from "./start.ts";
import { validateBench } from "./validate.ts";

const benches: readonly Bench[] = [
  agentBench,
  manifestBench,
  validateBench,
  connectionsBench,
  directoryBench,
  historyBench,
  forwardingBench,
  quotesBench,
  startBench,
];

const STORES = ["postgres", "pglite"] as const;

await runMain(async ({ signal }) => {
  const { names, options } = readWords();
  const unknown = names.find((name) => !benches.some((bench) => bench.name === name));
  if (unknown !== undefined) {
    const known = benches.map(({ name }) => name).join(", ");
    throw new ScriptError("NO_BENCH", `There is no comparison "${unknown}". There are: ${known}.`);
  }
  const missed: string[] = [];
  for (const bench of benches.filter(({ name }) => names.length === 0 || names.includes(name))) {
    signal.throwIfAborted();
    process.stdout.write(`\n== ${bench.name}: ${bench.about}\n`);
    const result = await bench.run(signal, options);
    if (result.rows.length > 0) process.stdout.write(`${formatTable(result.rows)}\n`);
    missed.push(...result.missed);
  }
  for (const line of missed) process.stdout.write(`missed: ${line}\n`);
  return missed.length === 0 ? 0 : 1;
});

function readWords(): { readonly names: readonly string[]; readonly options: BenchOptions } {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: {
        store: { type: "string", multiple: true, default: [...STORES] },
        write: { type: "boolean", default: false },
      },
    });
    const stores = values.store.map((name) => {
      const store = STORES.find((known) => known === name);
      if (store === undefined) throw new RangeError(`There is no store "${name}": ${STORES.join(" or ")}.`);
      return store;
    });
    return { names: positionals, options: { stores, write: values.write } };
  } catch (cause) {
    throw new ScriptError("USAGE", String(cause));
  }
}
