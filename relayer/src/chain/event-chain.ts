import { ProtocolError } from "@fizz/protocol/errors";
import {
  type Abi,
  type Address,
  BaseError,
  type Block,
  BlockNotFoundError,
  createPublicClient,
  type Hex,
  http,
  HttpRequestError,
  type Log,
  numberToHex,
  parseEventLogs,
  type PublicClient,
  type RpcLog,
  RpcRequestError,
  TimeoutError,
} from "viem";
import { formatLog } from "viem/utils";
import { type RawEvent } from "../domain/chain-event.ts";
import { type BlockRef, type HistoryBlock, type HistoryChain } from "../history-ports.ts";
import { asChainCall } from "./rpc-errors.ts";

const RPC_TIMEOUT_MS = 10_000;
/** Calls of one HTTP request: RPCs limit them. */
const BATCH_SIZE = 50;
const PAYLOAD_TOO_LARGE = 413;

export interface RpcEventChainInit<Name extends string> {
  readonly rpcUrl: string;
  readonly address: Address;
  readonly abi: Abi;
  /** Events that are read; the contract's others are left out. */
  readonly names: readonly Name[];
  /** What the contract is, for whoever reads that it is not there. */
  readonly what: string;
}

/** A contract's events behind an HTTP JSON-RPC endpoint. */
export class RpcEventChain<Name extends string> implements HistoryChain<Name> {
  readonly #init: RpcEventChainInit<Name>;
  readonly #events: Abi;
  readonly #client: PublicClient;

  constructor(init: RpcEventChainInit<Name>) {
    this.#init = init;
    const { rpcUrl } = init;
    const wanted: ReadonlySet<string> = new Set(init.names);
    this.#events = init.abi.filter((item) => item.type === "event" && wanted.has(item.name));
    // It is tried again by whoever asked: one that refuses a range would be asked for it twice.
    const options = { timeout: RPC_TIMEOUT_MS, retryCount: 0, batch: { batchSize: BATCH_SIZE } };
    this.#client = createPublicClient({ transport: http(rpcUrl, options), cacheTime: 0 });
  }

  async chainId(): Promise<number> {
    return await asChainCall(() => this.#client.getChainId());
  }

  async head(): Promise<HistoryBlock> {
    return await asChainCall(async () => blockOf(await this.#client.getBlock({ blockTag: "latest" })));
  }

  async blocks(numbers: readonly bigint[]): Promise<HistoryBlock[]> {
    const found = await asChainCall(() => Promise.all(numbers.map((number) => this.#findBlock(number))));
    return found.filter((block) => block !== undefined);
  }

  async eventsIn(from: bigint, to: bigint): Promise<RawEvent<Name>[] | undefined> {
    return await this.#eventsUnlessRefused({ fromBlock: numberToHex(from), toBlock: numberToHex(to) });
  }

  async eventsOf({ hash }: BlockRef): Promise<RawEvent<Name>[] | undefined> {
    return await this.#eventsUnlessRefused({ blockHash: hash });
  }

  async deploymentBlock(): Promise<bigint | undefined> {
    const head = await asChainCall(() => this.#client.getBlockNumber());
    if (!(await this.#isDeployed(head)))
      throw new ProtocolError("CHAIN_MISMATCH", `There is no ${this.#init.what} at the configured address.`);
    let [low, high] = [0n, head];
    try {
      while (low < high) {
        const middle = (low + high) / 2n;
        if (await this.#isDeployed(middle)) high = middle;
        else low = middle + 1n;
      }
      return low;
    } catch (error) {
      // Most RPCs forget the state of old blocks; one that is away is asked again.
      if (error instanceof BaseError && error.walk((inner) => inner instanceof RpcRequestError))
        return undefined;
      return await asChainCall(() => Promise.reject(asError(error)));
    }
  }

  async #isDeployed(blockNumber: bigint): Promise<boolean> {
    const code = await this.#client.getCode({ address: this.#init.address, blockNumber });
    return code !== undefined && code !== "0x";
  }

  async #findBlock(blockNumber: bigint): Promise<HistoryBlock | undefined> {
    try {
      return blockOf(await this.#client.getBlock({ blockNumber }));
    } catch (error) {
      if (error instanceof BlockNotFoundError) return undefined;
      throw error;
    }
  }

  async #eventsUnlessRefused(filter: LogFilter): Promise<RawEvent<Name>[] | undefined> {
    try {
      return await this.#eventsFrom(filter);
    } catch (cause) {
      if (isRefusal(cause)) return undefined;
      return await asChainCall(() => Promise.reject(asError(cause)));
    }
  }

  /** The plain call: viem's own takes no block hash together with several events. */
  async #eventsFrom(filter: LogFilter): Promise<RawEvent<Name>[]> {
    const method = "eth_getLogs";
    const params = [{ address: this.#init.address, ...filter }] as never;
    const logs: RpcLog[] = await this.#client.request({ method, params });
    return this.#read(logs.map((log) => formatLog(log)));
  }

  #read(logs: Log[]): RawEvent<Name>[] {
    // An event of a block that is not mined yet is none.
    return parseEventLogs({ abi: this.#events, logs: logs.filter(isMined) })
      .map(({ blockNumber, blockHash, transactionHash, logIndex, eventName, args }) => ({
        ...{ block: blockNumber, blockHash, txHash: transactionHash, logIndex },
        event: eventName as Name,
        args: Object.fromEntries(Object.entries(args).map(([name, value]) => [name, String(value)])),
      }))
      .toSorted((a, b) => Number(a.block - b.block) || a.logIndex - b.logIndex);
  }
}

type LogFilter = Readonly<Record<string, Hex>>;
type HeaderOf = Pick<Block, "number" | "hash" | "parentHash" | "timestamp">;

function blockOf({ number, hash, parentHash, timestamp }: HeaderOf): HistoryBlock {
  if (number === null || hash === null)
    throw new ProtocolError("CHAIN_UNREACHABLE", "The RPC gave a block that is not in the chain.");
  return { number, hash, parentHash, time: Number(timestamp) };
}

function isMined(log: Log): log is Log<bigint, number, false> {
  return log.blockNumber !== null && log.blockHash !== null && log.logIndex !== null;
}

/** Whether the RPC works, and does not want to answer this: too many blocks, too many events, or too slow. */
function isRefusal(cause: unknown): boolean {
  if (!(cause instanceof BaseError)) return false;
  const inner = cause.walk(
    (error) => error instanceof RpcRequestError || error instanceof TimeoutError || isTooLarge(error),
  );
  return inner !== null;
}

function isTooLarge(error: unknown): boolean {
  return error instanceof HttpRequestError && error.status === PAYLOAD_TOO_LARGE;
}

function asError(cause: unknown): Error {
  return cause instanceof Error ? cause : new Error(String(cause));
}
