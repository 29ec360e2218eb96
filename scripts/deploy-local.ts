import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { leaseMarketAbi } from "@fizz/protocol/chain";
import { bytesSchema } from "@fizz/protocol/messages";
import { createHardhatRuntimeEnvironment } from "hardhat/hre";
import { setTimeout as delay } from "node:timers/promises";
import { type Address, createTestClient, type Hex, http, parseAbi } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { z } from "zod";
import config from "../hardhat.config.ts";
import leasing from "../ignition/modules/leasing.ts";
import { inRoot } from "./lib/paths.ts";
import { ScriptError } from "./lib/script-error.ts";
import { connectChain } from "./lib/set-up-chain.ts";

export interface LocalDeployment {
  readonly nodeRegistry: Address;
  readonly subnetRegistry: Address;
  readonly leaseMarket: Address;
}

interface LocalDeploymentInput {
  /** JSON-RPC of a development chain (anvil). */
  readonly rpcUrl: string;
  /** Funded key that deploys and owns the contracts. */
  readonly privateKey: Hex;
}

const POLL_MS = 50;
/** What a chain takes at most as the code that makes a contract, in bytes (EIP-3860). */
const MAX_BYTECODE = 49_152;
const artifactSchema = z.object({ bytecode: bytesSchema(MAX_BYTECODE) });

/**
 * Deploys the contracts, which must be built, to a development chain, with Ignition modules that public chains get too.
 *
 * Each contract needs the address of the one before. So that this does not wait for a block time each, a waiting
 * transaction is mined at once, while it runs. Ignition's journal lies in a temporary folder, which is removed: a local chain dies with its process.
 */
export async function deployLocal(input: LocalDeploymentInput): Promise<LocalDeployment> {
  const journal = await mkdtemp(join(tmpdir(), "fizz-ignition-"));
  const stopMining = startMining(input.rpcUrl);
  try {
    const hre = await createHardhatRuntimeEnvironment({
      ...config,
      paths: { ...config.paths, ignition: journal },
      networks: {
        ...config.networks,
        local: { type: "http", url: input.rpcUrl, accounts: [input.privateKey] },
      },
    });
    const { ignition } = await hre.network.create("local");
    const deployed = await ignition.deploy(leasing, {
      config: { requiredConfirmations: 1, blockPollingInterval: POLL_MS },
      parameters: new URL("../ignition/parameters/local.json", import.meta.url).pathname,
    });
    return {
      nodeRegistry: deployed.nodeRegistry.address,
      subnetRegistry: deployed.subnetRegistry.address,
      leaseMarket: deployed.leaseMarket.address,
    };
  } finally {
    await stopMining();
    await rm(journal, { recursive: true, force: true });
  }
}

/** Deploys the capacity rounds beside what {@link deployLocal} did. They belong to nobody. */
export async function deployCapacityRounds(
  { rpcUrl, privateKey }: LocalDeploymentInput,
  { nodeRegistry, subnetRegistry, leaseMarket }: LocalDeployment,
): Promise<Address> {
  const local = connectChain(rpcUrl);
  const text = await readFile(inRoot("artifacts/contracts/CapacityRounds.sol/CapacityRounds.json"), "utf8");
  const { bytecode } = artifactSchema.parse(JSON.parse(text));
  const market = { address: leaseMarket, abi: leaseMarketAbi } as const;
  const forwarder = await local.client.readContract({ ...market, functionName: "trustedForwarder" });
  const args = [nodeRegistry, subnetRegistry, leaseMarket, forwarder] as const;
  const sent = await local.wallet(privateKeyToAccount(privateKey)).deployContract({
    abi: parseAbi(["constructor(address nodes, address subnets, address market, address forwarder)"]),
    bytecode,
    args,
  });
  const { contractAddress } = await local.receipt(sent);
  if (contractAddress === null || contractAddress === undefined)
    throw new ScriptError("SETUP_FAILED", "The capacity rounds were not deployed.");
  return contractAddress;
}

/** Mines whenever a transaction waits, and only then: each block moves the clock of the chain by at least a second. */
function startMining(rpcUrl: string): () => Promise<void> {
  const client = createTestClient({ mode: "anvil", transport: http(rpcUrl) });
  const stopping = new AbortController();
  const loop = async () => {
    while (!stopping.signal.aborted) {
      const { pending } = await client.getTxpoolStatus();
      if (pending > 0) await client.mine({ blocks: 1 });
      await delay(POLL_MS);
    }
  };
  // A chain that does not answer fails the deployment, which says so; here it is only the end of the loop.
  const running = loop().catch(() => undefined);
  return async () => {
    stopping.abort();
    await running;
  };
}
