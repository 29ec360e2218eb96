/** `node scripts/pack-program.ts <program> <folder>`: writes all that the program needs to run there, as a Dockerfile copies it. */
import { isProgram } from "./lib/bundle.ts";
import { packProgram } from "./lib/pack-program.ts";
import { runMain } from "./lib/run-main.ts";
import { ScriptError } from "./lib/script-error.ts";

await runMain(async () => {
  const [, , program = "", folder = ""] = process.argv;
  if (!isProgram(program) || folder === "")
    throw new ScriptError("USAGE", "node scripts/pack-program.ts node-agent|relayer FOLDER");
  process.stdout.write(`${await packProgram(program, folder)}\n`);
  return 0;
});
