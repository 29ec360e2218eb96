import { leaseMarketAbi, nodeRegistryAbi } from "@fizz/protocol/chain";
import { type ContractAddresses } from "@fizz/protocol/messages";
import { type Block, type Hash, parseEventLogs, type PublicClient } from "viem";
import { type ChainHealth, type Clock, type HeadChange, type Logger } from "../ports.ts";
import { asChainCall } from "./rpc-errors.ts";

/** More new blocks than this are not searched for events: everything is read again. */
const MAX_LOG_RANGE_BLOCKS = 500n;
const MAX_BACKOFF_MS = 15_000;
const EVENTS = [...nodeRegistryAbi, ...leaseMarketAbi].filter((item) => item.type === "event");

export interface BlockWatcherComponents {
  readonly client: PublicClient;
  readonly logger: Logger;
  readonly clock: Clock;
}

export interface BlockWatcherInit {
  readonly contracts: ContractAddresses;
  readonly pollMs: number;
}

interface SeenHead {
  readonly number: bigint;
  readonly hash: Hash;
}

/** Looks at the head of the chain, notices reorganisations, and tells which nodes and leases changed. */
export class BlockWatcher {
  readonly #components: BlockWatcherComponents;
  readonly #init: BlockWatcherInit;
  readonly #listeners = new Set<(change: HeadChange) => void>();
  #last: SeenHead | undefined;
  #lastSeenAt: number | null = null;
  #failures = 0;
  #timer: NodeJS.Timeout | undefined;
  #running = false;

  constructor(components: BlockWatcherComponents, init: BlockWatcherInit) {
    this.#components = components;
    this.#init = init;
  }

  start(): void {
    if (this.#running) return;
    this.#running = true;
    void this.#tick();
  }

  stop(): void {
    this.#running = false;
    clearTimeout(this.#timer);
  }

  onHead(listener: (change: HeadChange) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Number of the last head seen. */
  get head(): bigint | undefined {
    return this.#last?.number;
  }

  health(): ChainHealth {
    return {
      reachable: this.#failures === 0 && this.#last !== undefined,
      head: this.#last?.number.toString() ?? null,
      lastSeenAt: this.#lastSeenAt,
    };
  }

  async #tick(): Promise<void> {
    try {
      const change = await asChainCall(() => this.#look());
      this.#succeeded();
      if (change !== undefined && this.#running) this.#tell(change);
    } catch (error) {
      this.#failed(error);
    }
    if (!this.#running) return;
    const delay = Math.min(
      this.#init.pollMs * 2 ** this.#failures,
      Math.max(MAX_BACKOFF_MS, this.#init.pollMs),
    );
    this.#timer = setTimeout(() => void this.#tick(), delay);
  }

  async #look(): Promise<HeadChange | undefined> {
    const block = await this.#components.client.getBlock({ blockTag: "latest" });
    const last = this.#last;
    if (last?.hash === block.hash) return undefined;
    const everything = last === undefined || !(await this.#extends(last, block));
    const change = everything
      ? { number: block.number, everything, nodeIds: new Set<bigint>(), lids: new Set<bigint>() }
      : await this.#changesBetween(last, block);
    this.#last = { number: block.number, hash: block.hash };
    return change;
  }

  /** Whether a block stands on the last one seen. */
  async #extends(last: SeenHead, block: Block<bigint, false, "latest">): Promise<boolean> {
    const distance = block.number - last.number;
    if (distance <= 0n || distance > MAX_LOG_RANGE_BLOCKS) return false;
    if (distance === 1n) return block.parentHash === last.hash;
    const same = await this.#components.client.getBlock({ blockNumber: last.number });
    return same.hash === last.hash;
  }

  async #changesBetween(last: SeenHead, block: Block<bigint, false, "latest">): Promise<HeadChange> {
    const { nodeRegistry, leaseMarket } = this.#init.contracts;
    const logs = await this.#components.client.getLogs({
      address: [nodeRegistry, leaseMarket],
      fromBlock: last.number + 1n,
      toBlock: block.number,
    });
    const nodeIds = new Set<bigint>();
    const lids = new Set<bigint>();
    for (const { args } of parseEventLogs({ abi: EVENTS, logs, strict: false })) {
      if ("nodeId" in args && args.nodeId !== undefined) nodeIds.add(args.nodeId);
      if ("lid" in args && args.lid !== undefined) lids.add(args.lid);
    }
    return { number: block.number, everything: false, nodeIds, lids };
  }

  #succeeded(): void {
    this.#lastSeenAt = this.#components.clock();
    if (this.#failures > 0)
      this.#components.logger.info({ event: "chain.reachable" }, "The chain answers again.");
    this.#failures = 0;
  }

  #failed(error: unknown): void {
    this.#failures += 1;
    if (this.#failures > 1) return;
    const message = "The chain does not answer. Doors and leases stay as they are; the gateway tries again.";
    this.#components.logger.warn({ event: "chain.unreachable", error }, message);
  }

  #tell(change: HeadChange): void {
    for (const listener of this.#listeners) {
      try {
        listener(change);
      } catch (error) {
        this.#components.logger.error({ event: "chain.listener.failed", error }, "A listener failed.");
      }
    }
  }
}
