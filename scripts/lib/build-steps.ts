import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import { inRoot } from "./paths.ts";
import { ensureBuilt } from "./ensure-built.ts";
import { requireCommand } from "./run-command.ts";
import { createTempDir } from "./temp-dir.ts";

const HARDHAT = inRoot("node_modules/hardhat/dist/src/cli.js");
const NEXT = inRoot("node_modules/next/dist/bin/next");

/** Compiles the contracts, without their fuzz tests, and generates their ABIs, when the sources changed. */
export async function buildContracts(signal?: AbortSignal): Promise<void> {
  const code = "CONTRACTS_BUILD_FAILED";
  await ensureBuilt({
    name: "contracts",
    label: "Compiling the contracts",
    inputs: ["contracts/**/*.sol", "hardhat.config.ts", "scripts/generate-abis.ts", "package-lock.json"],
    output: "artifacts/contracts/LeaseMarket.sol/LeaseMarket.json",
    build: async () => {
      await runTool({ code, argv: [HARDHAT, "build", "--no-tests"], signal });
      await runTool({ code, argv: [inRoot("scripts/generate-abis.ts")], signal });
    },
  });
}

/** Builds the dApp as static files in `web/out`, when its sources changed. */
export async function buildWeb(signal?: AbortSignal): Promise<void> {
  await ensureBuilt({
    name: "web",
    label: "Building the dApp",
    inputs: ["web/**/*", "protocol/package.json", "protocol/src/**/*.ts", "package-lock.json"],
    exclude: ["**/node_modules", "web/.next", "web/out", "web/next-env.d.ts", "**/*.tsbuildinfo"],
    output: "web/out/index.html",
    build: () => runNext(signal),
  });
}

/** The bundler remembers a module that was missing for a moment, in an install above all: forget, and try once more. */
async function runNext(signal: AbortSignal | undefined): Promise<void> {
  const build = { code: "WEB_BUILD_FAILED", argv: [NEXT, "build"], folder: "web", signal };
  const memory = inRoot("web/.next");
  const remembers = existsSync(memory);
  try {
    await runTool(build);
  } catch (error) {
    signal?.throwIfAborted();
    if (!remembers) throw error;
    await rm(memory, { recursive: true, force: true });
    await runTool(build);
  }
}

/** Runs a build tool with a temporary folder of its own: some leave theirs behind. */
async function runTool(init: {
  code: string;
  argv: readonly string[];
  folder?: string;
  signal: AbortSignal | undefined;
}): Promise<void> {
  const temp = await createTempDir("build");
  try {
    await requireCommand(init.code, [process.execPath, ...init.argv], {
      cwd: inRoot(init.folder ?? "."),
      env: { ...process.env, TMPDIR: temp.path, NEXT_TELEMETRY_DISABLED: "1", NODE_ENV: "production" },
      ...(init.signal === undefined ? {} : { signal: init.signal }),
    });
  } finally {
    await temp.stop();
  }
}
