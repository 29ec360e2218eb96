import { type HardhatPlugin } from "hardhat/types/plugins";
import { type HardhatUserConfig } from "hardhat/types/config";
import userConfig from "../../../hardhat.config.ts";
import { inRoot } from "../paths.ts";
import { PROBE_FILE, PROBE_SOURCE } from "./probe-library.ts";

/** What {@link instrumentedConfig} reads from `FIZZ_INSTRUMENTED`: the folder and the sources to compile instead. */
export interface Instrumentation {
  /** Folder below .fizz/ for artifacts and cache. */
  readonly folder: string;
  /** Instrumented text by repository path. */
  readonly sources: Readonly<Record<string, string>>;
}

/** What hardhat.config.ts writes out of the many forms that Hardhat takes. */
type ProjectConfig = Omit<HardhatUserConfig, "solidity" | "paths" | "networks" | "test"> & {
  readonly solidity: { readonly profiles: { readonly default: { readonly settings: object } } };
  readonly paths: object;
  readonly networks: { readonly default: object };
  readonly test: { readonly solidity: { readonly profiles: Readonly<Record<string, object>> } };
};

/** Without the optimizer code is compiled in seconds; what Yul needs to fit its stack stays on. */
const FAST_OPTIMIZER = {
  enabled: false,
  details: { yul: true, yulDetails: { stackAllocation: true, optimizerSteps: "u" } },
};

/** Tests that hold figures or layouts of the optimized code, by title. */
export const NOT_FOR_INSTRUMENTED_CODE = "\\b[gG]as\\b|size of a contract|^storage layout";

/** Profile of the Solidity tests under a mutant: what a few runs do not find is likely not found at all. */
export const MUTATION_PROFILE = "mutation";
const MUTATION_RUNS = {
  isolate: false,
  fuzz: { runs: 64, seed: "0x5eed" },
  invariant: { runs: 8, depth: 64, failOnRevert: true, shrinkRunLimit: 0 },
};

/**
 * Profile under which each invariant must catch its mutant: many runs, of which the first that fails is the last, and as
 * good as the shortest one.
 */
export const INVARIANT_PROFILE = "invariants";
const INVARIANT_RUNS = {
  isolate: false,
  fuzz: { runs: 1_000, seed: "0x5eed" },
  invariant: { runs: 512, depth: 64, failOnRevert: true, shrinkRunLimit: 0 },
};

/** Profile under which the same tests must pass without a mutant, all runs of them. */
export const UNCHANGED_PROFILE = "unchanged";
const UNCHANGED_RUNS = { ...INVARIANT_RUNS, invariant: { ...INVARIANT_RUNS.invariant, runs: 64 } };

/** The project's configuration, with some sources replaced, an artifacts folder of its own, and without size limits. */
export function instrumentedConfig(instrumentation: Instrumentation): HardhatUserConfig {
  const folder = inRoot(`.fizz/${instrumentation.folder}`);
  const config = userConfig as unknown as ProjectConfig;
  const compiler = config.solidity.profiles.default;
  const fast = { ...compiler, settings: { ...compiler.settings, optimizer: FAST_OPTIMIZER } };
  return {
    ...config,
    plugins: [...(config.plugins ?? []), replacingSources(instrumentation.sources)],
    solidity: { ...config.solidity, profiles: { default: fast, production: fast } } as never,
    paths: { ...config.paths, artifacts: `${folder}/artifacts`, cache: `${folder}/cache` },
    networks: {
      default: {
        ...config.networks.default,
        type: "edr-simulated",
        allowUnlimitedContractSize: true,
        blockGasLimit: false,
        transactionGasCap: false,
      },
    },
    test: {
      ...config.test,
      solidity: {
        profiles: {
          ...config.test.solidity.profiles,
          [MUTATION_PROFILE]: MUTATION_RUNS,
          [INVARIANT_PROFILE]: INVARIANT_RUNS,
          [UNCHANGED_PROFILE]: UNCHANGED_RUNS,
        },
      },
    },
  };
}

/** Files that are not named go to the compiler as they are; Hardhat's own instrumentation never runs. */
function replacingSources(sources: Readonly<Record<string, string>>): HardhatPlugin {
  const root = inRoot("");
  return {
    id: "fizz-instrumented-sources",
    hookHandlers: {
      solidity: () =>
        Promise.resolve({
          default: () =>
            Promise.resolve({
              preprocessProjectFileBeforeBuilding: (...[, , path, content]) =>
                Promise.resolve(sources[path.slice(root.length)] ?? content),
              preprocessSolcInputBeforeBuilding: async (context, input, next) => {
                input.sources[PROBE_FILE] = { content: PROBE_SOURCE };
                return await next(context, input);
              },
            }),
        }),
    },
  };
}
