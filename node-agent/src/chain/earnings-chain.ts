import { eraRewardsAbi, leaseMarketAbi, leaseStateOf, nodeRegistryAbi } from "@fizz/protocol/chain";
import { type ContractAddresses } from "@fizz/protocol/messages";
import { type Address, erc20Abi, type PublicClient, zeroAddress } from "viem";
import { type LeaseHolding, type SubnetBalance } from "../domain/earnings.ts";
import { chainError } from "./chain-error.ts";

/** Leases that are read from the RPC at a time. */
const READ_BATCH = 20;

export interface TokenFacts {
  readonly token: Address;
  readonly symbol: string;
  readonly decimals: number;
}

/** Rewards of eras that were claimed for the node; undefined where the chain has no such contract. */
export interface RewardCredit {
  readonly contract: Address;
  /** Wei. */
  readonly credit: bigint;
  readonly debt: bigint;
}

/** What the contracts keep for a node and its owner. Every call throws CHAIN_UNREACHABLE. */
export class EarningsChain {
  readonly #client: PublicClient;
  readonly #contracts: ContractAddresses;

  constructor(client: PublicClient, contracts: ContractAddresses) {
    this.#client = client;
    this.#contracts = contracts;
  }

  async holdings(lids: readonly bigint[]): Promise<LeaseHolding[]> {
    const found: LeaseHolding[] = [];
    for (let at = 0; at < lids.length; at += READ_BATCH)
      found.push(...(await Promise.all(lids.slice(at, at + READ_BATCH).map((lid) => this.#holding(lid)))));
    return found;
  }

  async balances(nodeId: bigint, leases: readonly LeaseHolding[]): Promise<SubnetBalance[]> {
    const pairs = new Map(leases.map(({ subnetId, token }) => [`${subnetId}/${token}`, { subnetId, token }]));
    return await Promise.all(
      [...pairs.values()].map(async ({ subnetId, token }) => {
        const args = [nodeId, subnetId, token] as const;
        const read = this.#client.readContract({ ...this.#market(), functionName: "earningsOf", args });
        const [outstanding, earned] = await this.#read(() => read);
        return { subnetId, token, outstanding, earned };
      }),
    );
  }

  /** Free balance of an account in the market. */
  async accountOf(account: Address, token: Address): Promise<bigint> {
    const args = [account, token] as const;
    return await this.#read(() =>
      this.#client.readContract({ ...this.#market(), functionName: "accountOf", args }),
    );
  }

  async tokenFacts(token: Address): Promise<TokenFacts> {
    if (token === zeroAddress) return { token, symbol: "ETH", decimals: 18 };
    const at = { address: token, abi: erc20Abi } as const;
    const [symbol, decimals] = await this.#read(() =>
      Promise.all([
        this.#client.readContract({ ...at, functionName: "symbol" }),
        this.#client.readContract({ ...at, functionName: "decimals" }),
      ]),
    );
    return { token, symbol, decimals };
  }

  /** The registration fees go to the rewards; so the registry names their contract. */
  async rewards(nodeId: bigint): Promise<RewardCredit | undefined> {
    const registry = { address: this.#contracts.nodeRegistry, abi: nodeRegistryAbi } as const;
    const contract = await this.#read(() =>
      this.#client.readContract({ ...registry, functionName: "feeReceiver" }),
    );
    const code = await this.#read(() => this.#client.getCode({ address: contract }));
    if (code === undefined) return undefined;
    try {
      const at = { address: contract, abi: eraRewardsAbi, args: [nodeId] } as const;
      const [credit, debt] = await this.#client.readContract({ ...at, functionName: "creditOf" });
      return { contract, credit, debt };
    } catch (error) {
      const known = chainError(error, "Reading the rewards");
      if (known.code === "CHAIN_UNREACHABLE") throw known;
      // Another contract gets the fees: there are no rewards to tell of.
      return undefined;
    }
  }

  async #holding(lid: bigint): Promise<LeaseHolding> {
    const at = { ...this.#market(), args: [lid] } as const;
    const [lease, paidUntil, [unsettled], [, held]] = await this.#read(() =>
      Promise.all([
        this.#client.readContract({ ...at, functionName: "leaseOf" }),
        this.#client.readContract({ ...at, functionName: "paidUntil" }),
        this.#client.readContract({ ...at, functionName: "previewClose" }),
        this.#client.readContract({ ...at, functionName: "heldOf" }),
      ]),
    );
    const state = leaseStateOf(lease.state);
    const { subnetId, token, ratePerSecond } = lease;
    const cutsBps = lease.subnetCutBps + lease.protocolCutBps;
    // While it is open, the preview is what its tenant would pay to leave.
    const earned = state === "open" ? 0n : unsettled;
    const ends = paidUntil > BigInt(Number.MAX_SAFE_INTEGER) ? Number.MAX_SAFE_INTEGER : Number(paidUntil);
    return { lid, subnetId, token, state, ratePerSecond, cutsBps, unsettled: earned, held, paidUntil: ends };
  }

  #market() {
    return { address: this.#contracts.leaseMarket, abi: leaseMarketAbi } as const;
  }

  async #read<Result>(task: () => Promise<Result>): Promise<Result> {
    try {
      return await task();
    } catch (error) {
      throw chainError(error, "Reading the earnings");
    }
  }
}
