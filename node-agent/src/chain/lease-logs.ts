import { leaseMarketAbi } from "@fizz/protocol/chain";
import {
  type Address,
  decodeEventLog,
  encodeEventTopics,
  getAbiItem,
  type Hex,
  numberToHex,
  type PublicClient,
  type RpcLog,
} from "viem";

const EVENT = [getAbiItem({ abi: leaseMarketAbi, name: "LeaseOpened" })] as const;

/** Blocks of one log query: what public RPCs commonly allow. */
const MAX_LOG_RANGE = 5_000n;
/** Blocks behind the head that are read again each time: a reorg may have changed them. */
export const REORG_WINDOW = 64n;

interface Opened {
  readonly lid: bigint;
  readonly leaseHash: Hex;
  readonly block: bigint;
  /** Which log told it. */
  readonly log: string;
}

/** Which leases of one node the chain has ever opened, kept up to date through reorgs. */
export class LeaseLogs {
  readonly #client: PublicClient;
  readonly #market: Address;
  readonly #opened = new Map<Hex, Opened>();
  #nextBlock: bigint | undefined;

  constructor(client: PublicClient, market: Address) {
    this.#client = client;
    this.#market = market;
  }

  /**
   * Reads what is new up to a block.
   *
   * @param registeredAt Unix seconds of the node's registration: nothing can be older.
   */
  async readTo(
    head: bigint,
    node: { readonly nodeId: bigint; readonly registeredAt: number },
  ): Promise<void> {
    // A chain that is shorter than what was read is another chain, or was reset.
    if (this.#nextBlock !== undefined && this.#nextBlock > head + 1n + REORG_WINDOW) this.#reset();
    this.#nextBlock ??= await this.#firstBlockAt(node.registeredAt, head);
    let from = this.#nextBlock > REORG_WINDOW ? this.#nextBlock - REORG_WINDOW : 0n;
    const found: Opened[] = [];
    for (const start = from; from <= head; from += MAX_LOG_RANGE) {
      const toBlock = from + MAX_LOG_RANGE - 1n < head ? from + MAX_LOG_RANGE - 1n : head;
      found.push(...(await this.#logs(node.nodeId, from, toBlock)));
      if (toBlock === head) this.#replaceSince(start, found);
    }
    this.#nextBlock = head + 1n;
  }

  /** Lids by lease hash. */
  opened(): ReadonlyMap<Hex, bigint> {
    return new Map([...this.#opened.values()].map(({ leaseHash, lid }) => [leaseHash, lid]));
  }

  /** A lease that is closed for good needs no more looking at. */
  forget(leaseHash: Hex): void {
    this.#opened.delete(leaseHash);
  }

  async #logs(nodeId: bigint, fromBlock: bigint, toBlock: bigint): Promise<Opened[]> {
    const logs = await this.#client.request({
      method: "eth_getLogs",
      params: [
        {
          address: this.#market,
          topics: encodeEventTopics({ abi: EVENT, args: { nodeId } }),
          fromBlock: numberToHex(fromBlock),
          toBlock: numberToHex(toBlock),
        },
      ],
    });
    // The blocks behind the head come again each time: what they said once need not be decoded again.
    const known = new Map([...this.#opened.values()].map((entry) => [entry.log, entry]));
    return logs.map((log) => known.get(nameOf(log)) ?? openedOf(log));
  }

  #replaceSince(block: bigint, found: readonly Opened[]): void {
    for (const entry of this.#opened.values()) if (entry.block >= block) this.#opened.delete(entry.leaseHash);
    for (const entry of found) this.#opened.set(entry.leaseHash, entry);
  }

  #reset(): void {
    this.#opened.clear();
    this.#nextBlock = undefined;
  }

  /** First block at or after a time, by halving: needs block headers only, no archive. */
  async #firstBlockAt(time: number, head: bigint): Promise<bigint> {
    let low = 0n;
    let high = head;
    while (low < high) {
      const middle = (low + high) / 2n;
      const { timestamp } = await this.#client.getBlock({ blockNumber: middle });
      if (timestamp < BigInt(time)) low = middle + 1n;
      else high = middle;
    }
    return low;
  }
}

/** One place in one block. A log that is in no block is nobody's: it is asked for blocks. */
function nameOf({ blockHash, logIndex }: RpcLog): string {
  return `${blockHash ?? ""} ${logIndex ?? ""}`;
}

function openedOf(log: RpcLog): Opened {
  const { data, topics, blockNumber } = log;
  const { args } = decodeEventLog({ abi: EVENT, data, topics: topics, strict: true });
  return { lid: args.lid, leaseHash: args.leaseHash, block: BigInt(blockNumber ?? 0), log: nameOf(log) };
}
