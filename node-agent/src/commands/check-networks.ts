import { type Config } from "../config.ts";
import { readNetworks } from "../containers/read-networks.ts";
import { lackOfNetworks } from "../domain/address-pools.ts";
import { type Verdict } from "./verdict.ts";

const ENGINE_TIMEOUT_MS = 10_000;

/** Looks whether the engine can make a network for each lease. @throws ProtocolError as Engine */
export async function checkNetworks(config: Config): Promise<Verdict[]> {
  const maxLeases = config.FIZZ_NODE_MAX_LEASES;
  const facts = await readNetworks(config.DOCKER_HOST, ENGINE_TIMEOUT_MS);
  const lack = lackOfNetworks({ ...facts, maxLeases });
  return [lack === undefined ? ["ok", `Networks for ${maxLeases} leases can be made`] : ["warn", lack]];
}
