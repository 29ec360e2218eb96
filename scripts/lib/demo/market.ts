import { leaseMarketAbi } from "@fizz/protocol/chain";
import { type ComposedLease } from "@fizz/protocol/orders";
import { type SignedQuote } from "@fizz/protocol/typed-data";
import {
  type Account,
  type Address,
  type Hash,
  parseEventLogs,
  type TransactionReceipt,
  zeroAddress,
} from "viem";
import { type LocalChain } from "../set-up-chain.ts";

const NATIVE = zeroAddress;

/** What a close moved, in wei. */
export interface Closing {
  readonly hash: Hash;
  readonly reason: number;
  readonly refunded: bigint;
  readonly paid: bigint;
  readonly toNode: bigint;
  readonly toSubnet: bigint;
  readonly toProtocol: bigint;
  /** Unix seconds. */
  readonly closedAt: bigint;
}

/** Money that left escrow, held against the balance of the wallet. */
export interface Withdrawal {
  readonly amount: bigint;
  readonly gas: bigint;
  readonly balanceBefore: bigint;
  readonly balanceAfter: bigint;
}

/** The lease market as one account of a local chain uses it. */
export class Market {
  readonly #chain: LocalChain;
  readonly #address: Address;

  constructor(chain: LocalChain, address: Address) {
    this.#chain = chain;
    this.#address = address;
  }

  /** Wei that an account may withdraw. */
  async freeOf(account: Address): Promise<bigint> {
    return await this.#chain.client.readContract({
      ...this.#contract,
      functionName: "accountOf",
      args: [account, NATIVE],
    });
  }

  async deposit(account: Account, value: bigint): Promise<TransactionReceipt> {
    const wallet = this.#chain.wallet(account);
    return await this.#chain.receipt(
      await wallet.writeContract({ ...this.#contract, functionName: "deposit", value }),
    );
  }

  async open(account: Account, signed: SignedQuote, composed: ComposedLease): Promise<bigint> {
    const args = [signed.quote, signed.signature, composed.terms] as const;
    const hash = await this.#chain
      .wallet(account)
      .writeContract({ ...this.#contract, functionName: "open", args });
    const { logs } = await this.#chain.receipt(hash);
    const [event] = parseEventLogs({ abi: leaseMarketAbi, eventName: "LeaseOpened", logs });
    if (event?.args.leaseHash !== composed.leaseHash) throw new Error("the chain opened another lease");
    return event.args.lid;
  }

  /** Unix seconds at which billing began, the state, and the wei that the lease still holds. */
  async leaseOf(lid: bigint): Promise<{ state: number; settledAt: bigint; balance: bigint }> {
    const lease = await this.#chain.client.readContract({
      ...this.#contract,
      functionName: "leaseOf",
      args: [lid],
    });
    return { state: lease.state, settledAt: BigInt(lease.settledAt), balance: lease.balance };
  }

  async close(account: Account, lid: bigint, reason: number): Promise<Closing> {
    const wallet = this.#chain.wallet(account);
    const hash = await wallet.writeContract({
      ...this.#contract,
      functionName: "close",
      args: [lid, reason],
    });
    const { logs, blockNumber } = await this.#chain.receipt(hash);
    const [closed] = parseEventLogs({ abi: leaseMarketAbi, eventName: "LeaseClosed", logs });
    const [settled] = parseEventLogs({ abi: leaseMarketAbi, eventName: "LeaseSettled", logs });
    if (closed === undefined || settled === undefined)
      throw new Error("the close emitted no LeaseClosed or LeaseSettled");
    const { timestamp } = await this.#chain.client.getBlock({ blockNumber });
    const { paid, toNode, toSubnet, toProtocol } = settled.args;
    const { reason: closedFor, refunded } = closed.args;
    return { hash, reason: closedFor, refunded, paid, toNode, toSubnet, toProtocol, closedAt: timestamp };
  }

  /** Moves the earnings of a lease's node and the cuts of its subnet to the accounts of their owners. */
  async collect(account: Account, { nodeId, subnetId }: SignedQuote["quote"]): Promise<void> {
    const wallet = this.#chain.wallet(account);
    const args = [nodeId, subnetId, NATIVE] as const;
    await this.#chain.receipt(
      await wallet.writeContract({ ...this.#contract, functionName: "collect", args }),
    );
    const ofSubnet = [subnetId, NATIVE] as const;
    await this.#chain.receipt(
      await wallet.writeContract({ ...this.#contract, functionName: "collectSubnet", args: ofSubnet }),
    );
  }

  /** Withdraws everything that is free. */
  async withdrawAll(account: Account): Promise<Withdrawal> {
    const { client } = this.#chain;
    const free = await this.freeOf(account.address);
    const balanceBefore = await client.getBalance({ address: account.address });
    const args = [NATIVE, free] as const;
    const hash = await this.#chain
      .wallet(account)
      .writeContract({ ...this.#contract, functionName: "withdraw", args });
    const receipt = await this.#chain.receipt(hash);
    const balanceAfter = await client.getBalance({ address: account.address });
    return { amount: free, gas: receipt.gasUsed * receipt.effectiveGasPrice, balanceBefore, balanceAfter };
  }

  get #contract() {
    return { address: this.#address, abi: leaseMarketAbi } as const;
  }
}
