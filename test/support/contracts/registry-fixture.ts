import { type NetworkConnection } from "hardhat/types/network";
import { type Abi, type Address, encodeFunctionData, type Hash, type Hex } from "viem";
import { nodeRegistryAbi, subnetRegistryAbi } from "@fizz/protocol/chain";
import { consentTypedData, optInTypedData, type SubnetOptIn } from "@fizz/protocol/typed-data";
import { deployMarket, FEE, registration, STAKE, subnetSettings } from "./market-fixture.ts";

export const NODE_STATUS = {
  none: 0,
  registered: 1,
  active: 2,
  draining: 3,
  exiting: 4,
  exited: 5,
  suspended: 6,
} as const;
export type NodeStatusName = keyof typeof NODE_STATUS;

export const DAY = 86_400;
export const THAW_SECONDS = 21 * DAY;
export const PROVIDER_MIN_BOND = 10n ** 17n;
export const FIZZ_RAISED_BOND = 5n * 10n ** 16n;
export const MODE = { fizz: 0, provider: 1 } as const;

interface WalletCall {
  readonly functionName: string;
  readonly args: readonly unknown[];
  readonly value?: bigint;
}

interface Wallet {
  readonly account: { readonly address: Address };
}

/**
 * The market's world with a slasher, and with nodes and subnets of one's own: `provider` owns and operates node 2, a
 * Registered provider node with its minimum bond; node 3, Registered, belongs to a contract, whose key is `other`'s, and
 * is operated by `helper`; subnet 2 is another gateway's.
 */
// eslint-disable-next-line @typescript-eslint/explicit-module-boundary-types -- typed contracts: the type is what is built here
export async function deployRegistries(connection: NetworkConnection) {
  const fixture = await deployMarket(connection);
  const { nodes, subnets, owner, domains } = fixture;
  const wallets = await connection.viem.getWalletClients();
  const [slasher, provider, gateway2, helper, other] = wallets.slice(8) as Required5<
    (typeof wallets)[number]
  >;
  await nodes.write.setSlasher([slasher.account.address], { account: owner.account });
  await subnets.write.setSlasher([slasher.account.address], { account: owner.account });
  await subnets.write.registerSubnet([subnetSettings(gateway2.account.address)], {
    account: gateway2.account,
    value: STAKE,
  });

  /** Registers a node that is its own operator. @returns Its id. */
  const newNode = async (
    wallet: Wallet,
    changes: Partial<ReturnType<typeof registration>> = {},
  ): Promise<bigint> => {
    const words = { ...registration(wallet.account.address), ...changes };
    await nodes.write.register([words, "0x"], { account: wallet.account.address, value: FEE });
    return await nodes.read.nodeCount();
  };
  const providerId = await newNode(provider, { mode: MODE.provider });
  await nodes.write.bond([providerId], { account: provider.account, value: PROVIDER_MIN_BOND });

  const wallet = await connection.viem.deployContract("ContractWallet", [other.account.address]);
  const asWallet = async (to: "nodes" | "subnets", call: WalletCall): Promise<Hash> => {
    const { functionName, args, value = 0n } = call;
    const abi: Abi = to === "nodes" ? nodeRegistryAbi : subnetRegistryAbi;
    const data = encodeFunctionData({ abi, functionName, args });
    return await wallet.write.execute([fixture[to].address, data], { account: other.account, value });
  };
  const consent = await helper.signTypedData({
    account: helper.account,
    ...consentTypedData(domains.nodes, { owner: wallet.address, operator: helper.account.address }),
  });
  const words = registration(helper.account.address);
  await asWallet("nodes", { functionName: "register", args: [words, consent], value: FEE });

  const optIn = async (changes: Partial<SubnetOptIn> = {}): Promise<SubnetOptIn> => ({
    nodeId: providerId,
    subnetId: 1,
    acceptedCutBps: 1_500,
    expiresAt: (await fixture.now()) + 3_600,
    nonce: 7n,
    ...changes,
  });
  const signOptIn = async (message: SubnetOptIn, signer = provider): Promise<Hex> =>
    await signer.signTypedData({ account: signer.account, ...optInTypedData(domains.nodes, message) });

  return {
    ...fixture,
    ...{
      slasher,
      provider,
      gateway2,
      helper,
      other,
      providerId,
      newNode,
      optIn,
      signOptIn,
      wallet,
      asWallet,
    },
    statusOf: async (nodeId: bigint): Promise<NodeStatusName> => {
      const { status } = await nodes.read.nodeOf([nodeId]);
      return (
        (Object.keys(NODE_STATUS) as NodeStatusName[]).find((name) => NODE_STATUS[name] === status) ?? "none"
      );
    },
  };
}

type Required5<T> = [T, T, T, T, T];
