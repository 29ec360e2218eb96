import { ProtocolError } from "@fizz/protocol/errors";
import { type Chain } from "./chain.ts";

/** Blocks of one request when an RPC refuses the whole range. */
const CHUNK_BLOCKS = 5_000n;
/** Most requests of one scan, newest blocks first. */
const MAX_CHUNKS = 400n;

interface BlockRange {
  readonly fromBlock: bigint;
  readonly toBlock: bigint;
}

/**
 * Reads logs of the whole chain, at once where the RPC allows it, otherwise in pieces from the head backwards.
 *
 * @throws ProtocolError CHAIN_UNREACHABLE, or LIMIT_REACHED when the chain is too long for this RPC.
 */
export async function scanLogs(chain: Chain, read: (range: BlockRange) => Promise<void>): Promise<void> {
  const head = await chain.ask(chain.client.getBlockNumber({ cacheTime: 0 }));
  try {
    await read({ fromBlock: 0n, toBlock: head });
    return;
  } catch (error) {
    if (head <= CHUNK_BLOCKS) throw chain.explain(error);
  }
  const oldest = head - CHUNK_BLOCKS * MAX_CHUNKS;
  for (let toBlock = head; toBlock >= 0n; toBlock -= CHUNK_BLOCKS) {
    if (toBlock < oldest)
      throw new ProtocolError("LIMIT_REACHED", "This RPC does not give logs of the whole chain.");
    const fromBlock = toBlock >= CHUNK_BLOCKS ? toBlock - CHUNK_BLOCKS + 1n : 0n;
    await chain.ask(read({ fromBlock, toBlock }));
  }
}
