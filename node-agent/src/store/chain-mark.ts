import { join } from "node:path";
import { ProtocolError } from "@fizz/protocol/errors";
import { type Hex } from "viem";
import { readFileIfThere, writeFileAtomically } from "./atomic-file.ts";

/**
 * Holds a data directory to one chain: on another one its leases would look gone, and their containers would be
 * removed.
 *
 * @param genesis Hash of the chain's first block.
 * @throws ProtocolError CHAIN_MISMATCH, STORE_FAILED
 */
export async function holdToChain(dataDir: string, chainId: number, genesis: Hex): Promise<void> {
  const path = join(dataDir, "chain");
  const mark = `${chainId} ${genesis}`;
  const known = (await readFileIfThere(path))?.trim();
  if (known === undefined) await writeFileAtomically(path, `${mark}\n`);
  else if (known !== mark) {
    const message =
      `${dataDir} belongs to the chain ${known}, and FIZZ_RPC_URL is the chain ${mark}. ` +
      "Use the right RPC, or another FIZZ_NODE_DATA_DIR.";
    throw new ProtocolError("CHAIN_MISMATCH", message);
  }
}
