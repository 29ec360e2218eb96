import { type NetworkConnection } from "hardhat/types/network";
import { type Address, getAddress, type Hex, keccak256, toHex, zeroAddress } from "viem";
import {
  consentTypedData,
  fizzDomain,
  quoteTypedData,
  receiptTypedData,
  type Quote,
} from "@fizz/protocol/typed-data";

export const NATIVE = zeroAddress;
export const FEE = 5_000_000_000_000_000n;
export const STAKE = 50_000_000_000_000_000n;
export const SUBNET_CUT_BPS = 1_000;
export const PROTOCOL_CUT_BPS = 500;
export const OPEN_PART = keccak256(toHex("open part"));
export const SEALED_PART = keccak256(toHex("sealed part"));
export const SALT = keccak256(toHex("salt"));
export const ETHER = 10n ** 18n;
/** Seconds; of {@link deployHoldingMarket}. */
export const HOLDBACK = 3_600;
/** 1000 wei a second. */
export const RATE = 1_000n * 10n ** 12n;
export const REASON = {
  tenant: 1,
  node: 10_000,
  startDeadline: 20_000,
  exhausted: 20_001,
  noShow: 20_002,
  updateExpired: 20_003,
};

interface Vector {
  readonly milliCpu: number;
  readonly memoryMiB: number;
  readonly storageGiB?: number;
  readonly gpuUnits?: number;
  readonly gpuModel?: number;
}

/** contracts/types/Resources.sol, packed. */
export function resources(vector: Vector): bigint {
  const { milliCpu, memoryMiB, storageGiB = 0, gpuUnits = 0, gpuModel = 0 } = vector;
  return (
    BigInt(milliCpu) |
    (BigInt(memoryMiB) << 32n) |
    (BigInt(storageGiB) << 64n) |
    (BigInt(gpuUnits) << 96n) |
    (BigInt(gpuModel) << 112n)
  );
}

export const NODE_RESOURCES = resources({
  milliCpu: 8_000,
  memoryMiB: 16_384,
  storageGiB: 100,
  gpuUnits: 2,
  gpuModel: 7,
});
export const LEASE_RESOURCES = resources({ milliCpu: 2_000, memoryMiB: 4_096, storageGiB: 20 });
export const REGION = toHex("eu-west", { size: 16 });

/** Checksummed, as contracts' return values are decoded. */
export function addressOf(wallet: { account: { address: Address } }): Address {
  return getAddress(wallet.account.address);
}

/** The three contracts, one subnet with one Active node, and a tenant with 10 ETH in escrow. Nothing is held back. */
// eslint-disable-next-line @typescript-eslint/explicit-module-boundary-types -- typed contracts: the type is what is built here
export async function deployMarket(connection: NetworkConnection) {
  return await deployWith(connection, 0);
}

/** {@link deployMarket}, with earnings held back for {@link HOLDBACK}. */
// eslint-disable-next-line @typescript-eslint/explicit-module-boundary-types -- typed contracts: the type is what is built here
export async function deployHoldingMarket(connection: NetworkConnection) {
  return await deployWith(connection, HOLDBACK);
}

async function deployWith({ viem, networkHelpers }: NetworkConnection, holdbackSeconds: number) {
  const wallets = await viem.getWalletClients();
  const [owner, treasury, feeReceiver, gateway, nodeOwner, operator, tenant, stranger] = wallets as Required8<
    (typeof wallets)[number]
  >;
  const subnets = await viem.deployContract("SubnetRegistry");
  const nodes = await viem.deployContract("NodeRegistry", [
    subnets.address,
    feeReceiver.account.address,
    owner.account.address,
  ]);
  const forwarder = await viem.deployContract("FizzForwarder");
  const market = await viem.deployContract("LeaseMarket", [
    nodes.address,
    subnets.address,
    treasury.account.address,
    owner.account.address,
    PROTOCOL_CUT_BPS,
    holdbackSeconds,
    forwarder.address,
  ]);
  const publicClient = await viem.getPublicClient();
  const chainId = await publicClient.getChainId();
  const domains = { market: fizzDomain(chainId, market.address), nodes: fizzDomain(chainId, nodes.address) };

  await subnets.write.registerSubnet([subnetSettings(gateway.account.address)], {
    account: gateway.account,
    value: STAKE,
  });
  const consent = await operator.signTypedData({
    account: operator.account,
    ...consentTypedData(domains.nodes, {
      owner: nodeOwner.account.address,
      operator: operator.account.address,
    }),
  });
  await nodes.write.register([registration(operator.account.address), consent], {
    account: nodeOwner.account,
    value: FEE,
  });
  await nodes.write.joinSubnet([1n, 1, SUBNET_CUT_BPS], { account: operator.account });
  await market.write.deposit({ account: tenant.account, value: 10n * ETHER });

  let nonce = 0n;
  const now = async (): Promise<number> => await networkHelpers.time.latest();

  const makeQuote = async (changes: Partial<Quote> = {}): Promise<Quote> => ({
    nodeId: 1n,
    subnetId: 1,
    tenant: NATIVE,
    token: NATIVE,
    ratePerSecond: RATE,
    resources: LEASE_RESOURCES,
    openPartHash: OPEN_PART,
    sealingKey: keccak256(toHex("sealing key")),
    startWindowSeconds: 600,
    noticeSeconds: 3_600,
    minSeconds: 60,
    maxSeconds: 30 * 86_400,
    reservationSeconds: 120,
    subnetCutBps: SUBNET_CUT_BPS,
    protocolCutBps: PROTOCOL_CUT_BPS,
    expiresAt: (await now()) + 3_600,
    nonce: nonce++,
    ...changes,
  });
  const signQuote = async (quote: Quote, signer = operator): Promise<Hex> =>
    await signer.signTypedData({ account: signer.account, ...quoteTypedData(domains.market, quote) });
  const terms = (prepaidSeconds: number) => ({ sealedPartHash: SEALED_PART, prepaidSeconds, salt: SALT });

  /** Opens a lease of the tenant; `value` is sent along. */
  const openLease = async (
    input: { quote?: Partial<Quote>; prepaidSeconds?: number } = {},
  ): Promise<bigint> => {
    const quote = await makeQuote(input.quote);
    await market.write.open([quote, await signQuote(quote), terms(input.prepaidSeconds ?? 1_000)], {
      account: tenant.account,
    });
    return await market.read.leaseCount();
  };
  /** Opens a lease and starts it at the returned Unix time. */
  const startLease = async (
    input: Parameters<typeof openLease>[0] = {},
  ): Promise<{ lid: bigint; startedAt: number }> => {
    const lid = await openLease(input);
    const { leaseHash } = await market.read.leaseOf([lid]);
    await market.write.confirmStart([lid, leaseHash], { account: operator.account });
    return { lid, startedAt: await now() };
  };
  const signReceipt = async (lid: bigint, signer = operator): Promise<Hex> => {
    const { leaseHash, manifestHash } = await market.read.leaseOf([lid]);
    const receipt = receiptTypedData(domains.market, { lid, leaseHash, manifestHash });
    return await signer.signTypedData({ account: signer.account, ...receipt });
  };
  /** The next transaction is mined at exactly this time. */
  const at = async (time: number): Promise<void> => {
    await networkHelpers.time.setNextBlockTimestamp(time);
  };

  return {
    ...{
      owner,
      treasury,
      feeReceiver,
      gateway,
      nodeOwner,
      operator,
      tenant,
      stranger,
      publicClient,
      chainId,
      domains,
    },
    ...{
      subnets,
      nodes,
      market,
      forwarder,
      makeQuote,
      signQuote,
      terms,
      openLease,
      startLease,
      signReceipt,
      at,
      now,
    },
    as: (wallet: { account: { address: Address } }) => ({ account: wallet.account.address }),
    /** What is whose, collected or not. */
    ledger: async (token: Address = NATIVE): Promise<Ledger> => {
      const free = async (wallet: Holder) => await market.read.accountOf([wallet.account.address, token]);
      const [outstanding] = await market.read.earningsOf([1n, 1, token]);
      const [toSubnet, toProtocol] = await market.read.subnetEarningsOf([1, token]);
      let locked = 0n;
      for (let lid = 1n; lid <= (await market.read.leaseCount()); lid++) {
        const lease = await market.read.leaseOf([lid]);
        if (lease.token.toLowerCase() === token.toLowerCase()) locked += lease.balance;
      }
      return withTotal({
        tenant: await free(tenant),
        locked,
        node: (await free(nodeOwner)) + outstanding,
        subnet: (await free(gateway)) + toSubnet,
        treasury: (await free(treasury)) + toProtocol,
        stranger: await free(stranger),
      });
    },
    collectAll: async (token: Address = NATIVE): Promise<void> => {
      await market.write.collect([1n, 1, token], { account: stranger.account });
      await market.write.collectSubnet([1, token], { account: stranger.account });
    },
    coins: async () => await publicClient.getBalance({ address: market.address }),
  };
}

type Required8<T> = [T, T, T, T, T, T, T, T];

// eslint-disable-next-line @typescript-eslint/explicit-module-boundary-types -- a literal, typed by the contract it goes to
export function subnetSettings(operator: Address) {
  return {
    operator,
    cutBps: SUBNET_CUT_BPS,
    admission: 0,
    acceptsFizz: true,
    acceptsProvider: true,
    apiUrl: "http://gateway.example",
    multiaddrs: "/dns4/gateway.example/tcp/4001",
  };
}

// eslint-disable-next-line @typescript-eslint/explicit-module-boundary-types -- a literal, typed by the contract it goes to
export function registration(operator: Address) {
  return { mode: 0, operator, resources: NODE_RESOURCES, cpuTier: 3, gpuTier: 2, region: REGION };
}

export interface Ledger {
  /** Free balance. */
  readonly tenant: bigint;
  /** Balances of all leases. */
  readonly locked: bigint;
  /** Free balance of the node's owner, and what waits to be collected. */
  readonly node: bigint;
  readonly subnet: bigint;
  readonly treasury: bigint;
  readonly stranger: bigint;
  /** Everything together. */
  readonly total: bigint;
}

interface Holder {
  readonly account: { readonly address: Address };
}

function withTotal(parts: Omit<Ledger, "total">): Ledger {
  return { ...parts, total: Object.values(parts).reduce((sum, part) => sum + part, 0n) };
}

/** What changed, for whole-ledger assertions. */
export function changesOf(before: Ledger, after: Ledger): Ledger {
  return {
    tenant: after.tenant - before.tenant,
    locked: after.locked - before.locked,
    node: after.node - before.node,
    subnet: after.subnet - before.subnet,
    treasury: after.treasury - before.treasury,
    stranger: after.stranger - before.stranger,
    total: after.total - before.total,
  };
}

/** No change but these. */
export function only(changes: Partial<Ledger>): Ledger {
  return { tenant: 0n, locked: 0n, node: 0n, subnet: 0n, treasury: 0n, stranger: 0n, total: 0n, ...changes };
}
