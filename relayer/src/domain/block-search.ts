/**
 * The newest of several blocks that is still on the chain. Every block stands on those before it: once one is on the
 * chain, all older ones are.
 *
 * @param newestFirst Blocks of one former branch.
 * @returns Undefined when none is. It asks about log2 of them.
 */
export async function findNewest<Block>(
  newestFirst: readonly Block[],
  isOnChain: (block: Block) => Promise<boolean>,
): Promise<Block | undefined> {
  let [low, high] = [0, newestFirst.length];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const block = newestFirst[middle];
    if (block !== undefined && (await isOnChain(block))) high = middle;
    else low = middle + 1;
  }
  return newestFirst[low];
}
