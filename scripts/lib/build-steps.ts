import { inRoot } from "./paths.ts";
import { ensureBuilt } from "./ensure-built.ts";
import { requireCommand } from "./run-command.ts";

const HARDHAT = inRoot("node_modules/hardhat/dist/src/cli.js");
const NEXT = inRoot("node_modules/next/dist/bin/next");

/** Compiles the contracts and generates their ABIs, when the sources changed. */
export async function buildContracts(signal?: AbortSignal): Promise<void> {
  const options = signal === undefined ? {} : { signal };
  await ensureBuilt({
    name: "contracts",
    label: "Compiling the contracts",
    inputs: ["contracts/**/*.sol", "hardhat.config.ts", "scripts/generate-abis.ts", "package-lock.json"],
    output: "artifacts/contracts/LeaseMarket.sol/LeaseMarket.json",
    build: async () => {
      await requireCommand("CONTRACTS_BUILD_FAILED", [process.execPath, HARDHAT, "build"], options);
      await requireCommand(
        "CONTRACTS_BUILD_FAILED",
        [process.execPath, inRoot("scripts/generate-abis.ts")],
        options,
      );
    },
  });
}

/** Builds the dApp as static files in `web/out`, when its sources changed. */
export async function buildWeb(signal?: AbortSignal): Promise<void> {
  const env = { ...process.env, NEXT_TELEMETRY_DISABLED: "1", NODE_ENV: "production" as const };
  const options = { cwd: inRoot("web"), env, ...(signal === undefined ? {} : { signal }) };
  await ensureBuilt({
    name: "web",
    label: "Building the dApp",
    inputs: ["web/**/*", "protocol/package.json", "protocol/src/**/*.ts", "package-lock.json"],
    exclude: ["**/node_modules", "web/.next", "web/out", "web/next-env.d.ts", "**/*.tsbuildinfo"],
    output: "web/out/index.html",
    build: () => requireCommand("WEB_BUILD_FAILED", [process.execPath, NEXT, "build"], options),
  });
}
