import { createRequire } from "node:module";
import hardhatIgnitionViem from "@nomicfoundation/hardhat-ignition-viem";
import hardhatMocha from "@nomicfoundation/hardhat-mocha";
import hardhatNetworkHelpers from "@nomicfoundation/hardhat-network-helpers";
import hardhatViem from "@nomicfoundation/hardhat-viem";
import hardhatViemAssertions from "@nomicfoundation/hardhat-viem-assertions";
import { configVariable, defineConfig } from "hardhat/config";

const solc = {
  version: "0.8.37",
  path: createRequire(import.meta.url).resolve("solc/soljson.js"),
  settings: {
    evmVersion: "cancun",
    // More runs buy a few hundred gas a call, and make LeaseMarket larger than a contract may be (24,576 bytes).
    optimizer: { enabled: true, runs: 200 },
    viaIR: true,
    metadata: { bytecodeHash: "none" as const },
    // Held by test/contracts/storage-layout.json.
    outputSelection: { "*": { "*": ["storageLayout"] } },
  },
};

export default defineConfig({
  plugins: [hardhatViem, hardhatMocha, hardhatIgnitionViem, hardhatNetworkHelpers, hardhatViemAssertions],
  // Both profiles spelled out: with the one-compiler short form the implied `production`
  // profile (which ignition deploys with) keeps version and path but drops `settings`.
  solidity: {
    splitTestsCompilation: true,
    profiles: {
      default: { ...solc, isolated: false },
      production: { ...solc, isolated: false },
    },
  },
  paths: { tests: { solidity: "./test/invariants", mocha: "./test/contracts" } },
  networks: {
    default: { type: "edr-simulated", hardfork: "cancun" },
    // Read only when the network is used: npx hardhat ignition deploy ignition/modules/protocol.ts --network sepolia
    sepolia: {
      type: "http",
      url: configVariable("SEPOLIA_RPC_URL"),
      accounts: [configVariable("SEPOLIA_PRIVATE_KEY")],
    },
  },
  coverage: { skipFiles: ["contracts/mocks/**"] },
  test: {
    solidity: {
      profiles: {
        default: {
          isolate: false,
          fuzz: { runs: 256, seed: "0x5eed" },
          invariant: { runs: 256, depth: 64, failOnRevert: true },
        },
        deep: {
          isolate: true,
          fuzz: { runs: 10_000, seed: "0x5eed" },
          invariant: { runs: 1_000, depth: 100, failOnRevert: true },
        },
      },
    },
  },
});
