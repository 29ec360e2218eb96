import { leaseMarketAbi, nodeRegistryAbi } from "@fizz/protocol/chain";
import { packResources } from "@fizz/protocol/manifest";
import { type ComposedLease } from "@fizz/protocol/orders";
import { type SignedQuote } from "@fizz/protocol/typed-data";
import { createTestClient, type Hex, http, parseEther, toHex } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { deployLocal } from "../../../scripts/deploy-local.ts";
import { devAccount } from "../../../scripts/lib/dev-accounts.ts";
import { connectChain, fundOperators, registerSubnet } from "../../../scripts/lib/set-up-chain.ts";
import { startAnvil } from "../../../scripts/lib/start-anvil.ts";
import { testKey } from "./builders.ts";

export const GATEWAY_KEY = testKey(0x42);
export const NODE_KEY = testKey(0x11);
export const NODE_RESOURCES = packResources({
  milliCpu: 8_000,
  memoryMiB: 8_192,
  storageGiB: 50,
  gpuUnits: 0,
  gpuModel: 0,
});

/** A real chain with the contracts and one subnet; blocks come with transactions. */
// eslint-disable-next-line @typescript-eslint/explicit-module-boundary-types -- the type is what is built here
export async function deployChainWorld() {
  const anvil = await startAnvil({ blockTime: 0 });
  const { rpcUrl } = anvil;
  const gateway = privateKeyToAccount(GATEWAY_KEY);
  const node = privateKeyToAccount(NODE_KEY);
  const local = connectChain(rpcUrl);
  const contracts = await deployLocal({ rpcUrl, privateKey: devAccount("deployer").privateKey });
  await fundOperators(local, gateway.address, [node.address]);
  const published = { apiUrl: "http://gateway.example", multiaddrs: "" };
  await registerSubnet(local, { contracts, gatewayOperator: gateway.address, ...published });
  const registry = { address: contracts.nodeRegistry, abi: nodeRegistryAbi } as const;
  const market = { address: contracts.leaseMarket, abi: leaseMarketAbi } as const;
  const operator = local.wallet(node);
  const tenant = local.wallet(devAccount("tenant").account);
  return {
    anvil,
    contracts,
    node,
    tenant: tenant.account.address,
    test: createTestClient({ mode: "anvil", transport: http(rpcUrl) }),
    protocolCutBps: () => local.client.readContract({ ...market, functionName: "protocolCutBps" }),
    /** Node 1, in subnet 1. */
    registerNode: async (): Promise<void> => {
      const region = toHex("eu-west", { size: 16 });
      const words = {
        mode: 0,
        operator: node.address,
        resources: NODE_RESOURCES,
        cpuTier: 3,
        gpuTier: 0,
        region,
      };
      const fee = { value: parseEther("0.005") };
      const call = { ...registry, functionName: "register", args: [words, "0x"], ...fee } as const;
      await local.receipt(await operator.writeContract(call));
      const join = { ...registry, functionName: "joinSubnet", args: [1n, 1, 1_000] } as const;
      await local.receipt(await operator.writeContract(join));
    },
    /** Opens a lease for the tenant. @returns Its lid. */
    open: async ({ quote, signature }: SignedQuote, terms: ComposedLease["terms"]): Promise<bigint> => {
      const value = parseEther("10");
      const call = { ...market, functionName: "open", args: [quote, signature, terms], value } as const;
      await local.receipt(await tenant.writeContract(call));
      return await local.client.readContract({ ...market, functionName: "leaseCount" });
    },
    confirmStart: async (lid: bigint, leaseHash: Hex): Promise<void> => {
      const call = { ...market, functionName: "confirmStart", args: [lid, leaseHash] } as const;
      await local.receipt(await operator.writeContract(call));
    },
    close: async (lid: bigint): Promise<void> => {
      await local.receipt(await tenant.writeContract({ ...market, functionName: "close", args: [lid, 1] }));
    },
  };
}
