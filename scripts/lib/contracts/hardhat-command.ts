import { mkdir, writeFile } from "node:fs/promises";
import { inRoot } from "../paths.ts";
import { type CommandResult, runCommand } from "../run-command.ts";
import { type Instrumentation } from "./instrumented-config.ts";

const HARDHAT = inRoot("node_modules/hardhat/dist/src/cli.js");
const CONFIG = inRoot("scripts/lib/contracts/hardhat-instrumented.ts");

/** Environment under which Hardhat compiles instrumented sources. Writes what it needs below .fizz/. */
export async function instrumentedEnvironment(instrumentation: Instrumentation): Promise<NodeJS.ProcessEnv> {
  const folder = inRoot(`.fizz/${instrumentation.folder}`);
  const file = `${folder}/instrumented.json`;
  await mkdir(folder, { recursive: true });
  await writeFile(file, JSON.stringify(instrumentation));
  return { ...process.env, FIZZ_INSTRUMENTED: file, HARDHAT_CONFIG: CONFIG, NO_COLOR: "1" };
}

/** Runs Hardhat's command line over instrumented sources. */
export async function runInstrumented(
  args: readonly string[],
  options: { env: NodeJS.ProcessEnv; signal: AbortSignal; tee?: NodeJS.WritableStream },
): Promise<CommandResult> {
  return await runCommand([process.execPath, HARDHAT, ...args], options);
}
