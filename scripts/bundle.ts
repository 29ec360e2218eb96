/** `node scripts/bundle.ts <program>`: makes the file that `scripts/launch.js` runs. */
import { ensureBundle, isProgram } from "./lib/bundle.ts";
import { runMain } from "./lib/run-main.ts";
import { ScriptError } from "./lib/script-error.ts";

await runMain(async () => {
  const [, , program = ""] = process.argv;
  if (!isProgram(program)) throw new ScriptError("USAGE", `There is no program ${program}.`);
  await ensureBundle(program);
  return 0;
});
