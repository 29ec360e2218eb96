import { ProtocolError } from "@fizz/protocol/errors";
import { NATIVE_DECIMALS } from "@fizz/protocol/manifest";
import { type ContractAddresses } from "@fizz/protocol/messages";
import { type Address, createPublicClient, erc20Abi, http, zeroAddress } from "viem";
import {
  type Chain,
  type ChainHealth,
  type Clock,
  type GatewayIdentity,
  type HeadChange,
  type LeaseFacts,
  type Logger,
  type NodeFacts,
  type PendingManifest,
} from "../ports.ts";
import { BlockWatcher } from "./block-watcher.ts";
import {
  readIdentity,
  readLease,
  readNode,
  readPendingManifest,
  type ReadContext,
} from "./contract-reads.ts";
import { asChainCall } from "./rpc-errors.ts";

const RPC_TIMEOUT_MS = 10_000;
const RPC_RETRIES = 1;
/** How long the gateway's own record is taken from memory. */
const IDENTITY_TTL_MS = 3_000;
const MAX_KNOWN_TOKENS = 256;

export interface RpcChainComponents {
  readonly logger: Logger;
  readonly clock: Clock;
}

export interface RpcChainInit {
  readonly rpcUrl: string;
  readonly contracts: ContractAddresses;
  readonly operator: Address;
  /** Blocks on top of what counts as confirmed. */
  readonly confirmations: number;
  readonly pollMs: number;
}

/** The chain behind an HTTP JSON-RPC endpoint. Throws CHAIN_UNREACHABLE; keeps looking by itself. */
export class RpcChain implements Chain {
  readonly #init: RpcChainInit;
  readonly #clock: Clock;
  readonly #context: ReadContext;
  readonly #watcher: BlockWatcher;
  readonly #decimals = new Map<Address, number>();
  #identity: { readonly value: GatewayIdentity; readonly at: number } | undefined;

  constructor({ logger, clock }: RpcChainComponents, init: RpcChainInit) {
    const transport = http(init.rpcUrl, { timeout: RPC_TIMEOUT_MS, retryCount: RPC_RETRIES, batch: true });
    const client = createPublicClient({ transport, cacheTime: 0 });
    this.#init = init;
    this.#clock = clock;
    this.#context = { client, contracts: init.contracts };
    this.#watcher = new BlockWatcher(
      { client, logger, clock },
      { contracts: init.contracts, pollMs: init.pollMs },
    );
  }

  start(): void {
    this.#watcher.start();
  }

  stop(): void {
    this.#watcher.stop();
  }

  async identity(): Promise<GatewayIdentity> {
    const known = this.#identity;
    if (known !== undefined && this.#clock() - known.at < IDENTITY_TTL_MS) return known.value;
    try {
      const value = await asChainCall(() => readIdentity(this.#context, this.#init.operator));
      if (value === undefined) throw noSubnet(this.#init.operator);
      this.#identity = { value, at: this.#clock() };
      return value;
    } catch (error) {
      if (known === undefined || !(error instanceof ProtocolError) || error.code !== "CHAIN_UNREACHABLE")
        throw error;
      return known.value;
    }
  }

  async findNode(operator: Address): Promise<NodeFacts | undefined> {
    const { subnetId } = await this.identity();
    return await asChainCall(() => readNode(this.#context, operator, subnetId));
  }

  async findLease(lid: bigint, view: "head" | "confirmed"): Promise<LeaseFacts | undefined> {
    const block = view === "head" ? undefined : await this.#confirmedBlock();
    return await asChainCall(() => readLease(this.#context, lid, block));
  }

  async findPendingManifest(lid: bigint): Promise<PendingManifest | undefined> {
    return await asChainCall(() => readPendingManifest(this.#context, lid));
  }

  async tokenDecimals(token: Address): Promise<number> {
    if (token === zeroAddress) return NATIVE_DECIMALS;
    const known = this.#decimals.get(token);
    if (known !== undefined) return known;
    const decimals = await asChainCall(() =>
      this.#context.client.readContract({ address: token, abi: erc20Abi, functionName: "decimals" }),
    );
    if (this.#decimals.size < MAX_KNOWN_TOKENS) this.#decimals.set(token, decimals);
    return decimals;
  }

  onHead(listener: (change: HeadChange) => void): () => void {
    return this.#watcher.onHead(listener);
  }

  health(): ChainHealth {
    return this.#watcher.health();
  }

  async #confirmedBlock(): Promise<bigint> {
    const head = this.#watcher.head ?? (await asChainCall(() => this.#context.client.getBlockNumber()));
    const confirmed = head - BigInt(this.#init.confirmations);
    if (confirmed >= 0n) return confirmed;
    throw new ProtocolError("CHAIN_UNREACHABLE", "The chain is younger than the confirmation depth.");
  }
}

function noSubnet(operator: Address): ProtocolError {
  const message = `The gateway's key ${operator} runs no subnet on this chain. Register it first.`;
  return new ProtocolError("IDENTITY_UNKNOWN", message, { retryable: true });
}
