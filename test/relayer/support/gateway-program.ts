import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { childEnvironment } from "../../../scripts/lib/child-environment.ts";
import { ensureBundle } from "../../../scripts/lib/bundle.ts";

/** Starts the gateway's program with these arguments and settings. */
export type StartGateway = (
  argv: readonly string[],
  settings: Readonly<Record<string, string>>,
) => ChildProcessWithoutNullStreams;

/** The program as `npm run gateway` runs it: one file, which is compiled once for all that start it. */
export async function gatewayProgram(nodeFlags: readonly string[] = []): Promise<StartGateway> {
  const main = await ensureBundle("relayer");
  return (argv, settings) =>
    spawn(process.execPath, [...nodeFlags, main, ...argv], { env: childEnvironment(settings) });
}
