import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Hex } from "viem";
import { childEnvironment } from "./child-environment.ts";
import { type NetworkDescription } from "./network-description.ts";
import { inRoot } from "./paths.ts";
import { LOOPBACK, type Place } from "./place.ts";
import { type CommandResult, runCommand } from "./run-command.ts";
import { ScriptError } from "./script-error.ts";

const TAIL_CHARS = 4000;

/** The CLI as a tenant of one network uses it. */
export interface Cli {
  /** Runs `fizz` with these arguments to its end. */
  run(args: readonly string[], signal?: AbortSignal): Promise<CommandResult>;
  /** {@link run}, and the last line of its stdout as JSON. Throws with code CLI_FAILED when it fails. */
  json(args: readonly string[], signal?: AbortSignal): Promise<unknown>;
}

/** A wallet, and the machine that the CLI runs on. */
export interface Seat {
  readonly privateKey: Hex;
  readonly place: Place;
}

/**
 * A CLI with a home of its own in `folder`, on the network described, with the wallet of a private key, on this machine unless told. It finds the
 * network as anybody's does: in `.fizz/network.json` of the folder that it is run in.
 */
export async function createCli(
  folder: string,
  network: NetworkDescription,
  wallet: Hex | Seat,
): Promise<Cli> {
  const { privateKey, place }: Seat =
    typeof wallet === "string" ? { privateKey: wallet, place: LOOPBACK } : wallet;
  await mkdir(join(folder, ".fizz"), { recursive: true });
  await writeFile(join(folder, ".fizz", "network.json"), JSON.stringify(network));
  const env = childEnvironment({ HOME: folder, NO_COLOR: "1", FIZZ_PRIVATE_KEY: privateKey });
  const run = (args: readonly string[], signal?: AbortSignal): Promise<CommandResult> =>
    runCommand([...place.prefix, process.execPath, inRoot("cli/bin/fizz.js"), ...args], {
      cwd: folder,
      env,
      ...(signal === undefined ? {} : { signal }),
    });
  return {
    run,
    json: async (args, signal) => {
      const result = await run(args, signal);
      const last = result.stdout.trim().split("\n").at(-1) ?? "";
      if (result.status === 0) return JSON.parse(last) as unknown;
      const details = `${result.stderr}\n${result.stdout}`.slice(-TAIL_CHARS);
      throw new ScriptError("CLI_FAILED", `fizz ${args.join(" ")} ended with ${result.status}.`, { details });
    },
  };
}
