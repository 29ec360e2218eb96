import { ProtocolError } from "@fizz/protocol/errors";
import { type Hex } from "viem";
import { type StateDatabase } from "./state-database.ts";

/**
 * Holds a state to one chain: on another one its leases would look gone, and their containers would be removed.
 *
 * @param genesis Hash of the chain's first block.
 * @throws ProtocolError CHAIN_MISMATCH, STORE_FAILED, STORE_UNUSABLE
 */
export async function holdToChain(database: StateDatabase, chainId: number, genesis: Hex): Promise<void> {
  const mark = `${chainId} ${genesis}`;
  const [row] = database.rows("SELECT CAST(value AS TEXT) AS mark FROM meta WHERE name = 'chain'");
  const known = row?.["mark"];
  if (known === mark) return;
  if (known !== undefined) {
    const message =
      `${database.path} belongs to the chain ${String(known)}, and FIZZ_RPC_URL is the chain ${mark}. ` +
      "Use the right RPC, or another FIZZ_NODE_DATA_DIR.";
    throw new ProtocolError("CHAIN_MISMATCH", message);
  }
  const sql = "INSERT INTO meta (name, value) VALUES ('chain', CAST(? AS BLOB))";
  await database.commit([{ sql, values: [mark] }]);
}
