import { carryData, fizzForwarderAbi, leaseMarketAbi, nodeRegistryAbi } from "@fizz/protocol/chain";
import { type ContractAddresses } from "@fizz/protocol/messages";
import { type ForwarderDomain, forwarderDomain, type SignedForwardRequest } from "@fizz/protocol/typed-data";
import {
  type Address,
  BlockNotFoundError,
  concatHex,
  createPublicClient,
  decodeFunctionData,
  type Hex,
  http,
  isAddressEqual,
  keccak256,
  type PublicClient,
  size,
  TransactionNotFoundError,
  TransactionReceiptNotFoundError,
} from "viem";
import { type PrivateKeyAccount, privateKeyToAccount } from "viem/accounts";
import { executeGas, type FeeMarket } from "../domain/request-fees.ts";
import { type RelayedCall } from "../domain/request-rules.ts";
import {
  type Refusal,
  type RelayChain,
  type RelayHead,
  type RelayReceipt,
  type RelayTransaction,
  type TransactionPlan,
} from "../request-ports.ts";
import {
  isExecutionFailure,
  isRpcAnswer,
  refusalOfCall,
  refusalOfForwarder,
  textOf,
  unreachable,
} from "./relay-errors.ts";

const RPC_TIMEOUT_MS = 10_000;
const RPC_RETRIES = 1;

export interface RpcRelayChainInit {
  readonly rpcUrl: string;
  readonly contracts: ContractAddresses;
  /** The key that pays. */
  readonly key: Hex;
}

/** What the sender of requests asks of a JSON-RPC endpoint, and signs. */
export class RpcRelayChain implements RelayChain {
  readonly relayer: Address;
  readonly #client: PublicClient;
  readonly #contracts: ContractAddresses;
  readonly #account: PrivateKeyAccount;
  #domain: ForwarderDomain | undefined;

  constructor({ rpcUrl, contracts, key }: RpcRelayChainInit) {
    const transport = http(rpcUrl, { timeout: RPC_TIMEOUT_MS, retryCount: RPC_RETRIES, batch: true });
    this.#client = createPublicClient({ transport, cacheTime: 0 });
    this.#contracts = contracts;
    this.#account = privateKeyToAccount(key);
    this.relayer = this.#account.address;
  }

  async domain(): Promise<ForwarderDomain> {
    // Both are fixed for ever.
    this.#domain ??= await this.#ask(async () => {
      const market = { address: this.#contracts.leaseMarket, abi: leaseMarketAbi } as const;
      const [chainId, forwarder] = await Promise.all([
        this.#client.getChainId(),
        this.#client.readContract({ ...market, functionName: "trustedForwarder" }),
      ]);
      return forwarderDomain(chainId, forwarder);
    });
    return this.#domain;
  }

  readCall({ request: { to, data } }: SignedForwardRequest): RelayedCall | undefined {
    const { leaseMarket, nodeRegistry } = this.#contracts;
    const contract = isAddressEqual(to, leaseMarket)
      ? ("leaseMarket" as const)
      : isAddressEqual(to, nodeRegistry)
        ? ("nodeRegistry" as const)
        : undefined;
    if (contract === undefined) return undefined;
    try {
      const abi = contract === "leaseMarket" ? leaseMarketAbi : nodeRegistryAbi;
      const { functionName, args } = decodeFunctionData({ abi, data });
      return { contract, functionName, args };
    } catch {
      return undefined;
    }
  }

  async head(): Promise<RelayHead> {
    const block = await this.#ask(() => this.#client.getBlock({ blockTag: "latest" }));
    return { number: block.number, time: Number(block.timestamp) };
  }

  async blockHash(blockNumber: bigint): Promise<Hex | undefined> {
    return await this.#ask(async () => {
      try {
        return (await this.#client.getBlock({ blockNumber })).hash;
      } catch (error) {
        if (error instanceof BlockNotFoundError) return undefined;
        throw error;
      }
    });
  }

  async signerNonce(signer: Address, block?: bigint): Promise<bigint> {
    const { verifyingContract: address } = await this.domain();
    const call = { address, abi: fizzForwarderAbi, functionName: "nonces", args: [signer] } as const;
    const at = block === undefined ? {} : { blockNumber: block };
    return await this.#ask(() => this.#client.readContract({ ...call, ...at }));
  }

  async simulate(signed: SignedForwardRequest, gas: bigint | undefined): Promise<Refusal | undefined> {
    const { verifyingContract: to } = await this.domain();
    const call = { account: this.relayer, to, data: carryData(signed) };
    const failure =
      gas === undefined ? await this.#callInner(signed) : await this.#failureOf({ ...call, gas });
    if (failure === undefined) return undefined;
    // The forwarder swallows the reason: the call is asked for it alone.
    const inner = gas === undefined ? failure : await this.#callInner(signed);
    return inner === undefined ? refusalOfForwarder(failure) : refusalOfCall(inner);
  }

  async transactionCount(at: bigint | "latest" | "pending"): Promise<number> {
    const block = typeof at === "bigint" ? { blockNumber: at } : { blockTag: at };
    return await this.#ask(() => this.#client.getTransactionCount({ address: this.relayer, ...block }));
  }

  async balance(): Promise<bigint> {
    return await this.#ask(() => this.#client.getBalance({ address: this.relayer }));
  }

  async feeMarket(): Promise<FeeMarket> {
    return await this.#ask(async () => {
      const [block, tip] = await Promise.all([
        this.#client.getBlock({ blockTag: "latest" }),
        this.#client.estimateMaxPriorityFeePerGas(),
      ]);
      return { baseFee: block.baseFeePerGas ?? 0n, tip };
    });
  }

  async receipt(hash: Hex): Promise<RelayReceipt | undefined> {
    return await this.#ask(async () => {
      try {
        const receipt = await this.#client.getTransactionReceipt({ hash });
        const { blockNumber: block, status, gasUsed, effectiveGasPrice } = receipt;
        return { block, succeeded: status === "success", gasUsed, paid: gasUsed * effectiveGasPrice };
      } catch (error) {
        if (error instanceof TransactionReceiptNotFoundError) return undefined;
        throw error;
      }
    });
  }

  async isKnown(hash: Hex): Promise<boolean> {
    return await this.#ask(async () => {
      try {
        await this.#client.getTransaction({ hash });
        return true;
      } catch (error) {
        if (error instanceof TransactionNotFoundError) return false;
        throw error;
      }
    });
  }

  async sign(plan: TransactionPlan, signed: SignedForwardRequest | undefined): Promise<RelayTransaction> {
    const { chainId, verifyingContract } = await this.domain();
    const { nonce, gas, fees, sentBlock } = plan;
    const what =
      signed === undefined
        ? { to: this.relayer, data: "0x" as const }
        : { to: verifyingContract, data: carryData(signed) };
    const raw = await this.#account.signTransaction({
      ...{ type: "eip1559", chainId, nonce, gas, value: 0n },
      ...fees,
      ...what,
    });
    const purpose = signed === undefined ? "filler" : "execute";
    return { hash: keccak256(raw), raw, purpose, gas, fees, sentBlock };
  }

  async send(raw: Hex): Promise<string | undefined> {
    try {
      await this.#client.sendRawTransaction({ serializedTransaction: raw });
      return undefined;
    } catch (error) {
      if (isRpcAnswer(error)) return textOf(error);
      throw unreachable(error);
    }
  }

  /** The call as the forwarder makes it. @returns What it failed with. */
  async #callInner({ request }: SignedForwardRequest): Promise<unknown> {
    const { from, to, data, gas } = request;
    const { verifyingContract: account } = await this.domain();
    // As much as the transaction: what the forwarder itself takes pays for the intrinsic gas here.
    const limit = executeGas({ gas, dataBytes: size(data) });
    return await this.#failureOf({ account, to, data: concatHex([data, from]), gas: limit });
  }

  async #failureOf(call: { account: Address; to: Address; data: Hex; gas: bigint }): Promise<unknown> {
    try {
      await this.#client.call(call);
      return undefined;
    } catch (error) {
      if (isExecutionFailure(error)) return error;
      throw unreachable(error);
    }
  }

  async #ask<Result>(task: () => Promise<Result>): Promise<Result> {
    try {
      return await task();
    } catch (error) {
      throw unreachable(error);
    }
  }
}
