import { join } from "node:path";
import { ProtocolError } from "@fizz/protocol/errors";
import { contractsSchema } from "@fizz/protocol/messages";
import { z } from "zod";
import { readJsonFile, writePrivateFile } from "../files.ts";

/** Most networks that one config file holds. */
export const MAX_NETWORKS = 100;
/** Names of networks and wallets: they become file names and arguments. */
export const NAME_PATTERN = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/;

const name = z.string().regex(NAME_PATTERN);

const networkSchema = z.strictObject({
  gatewayUrl: z.url(),
  rpcUrl: z.url(),
  chainId: z.number().int().min(1),
  /** Pinned when the network was added: a gateway cannot change them later. */
  contracts: contractsSchema,
  /** Wallet to use on this network. */
  wallet: name.optional(),
});
export type NamedNetwork = z.infer<typeof networkSchema>;

const configSchema = z.strictObject({
  version: z.literal(1),
  currentNetwork: name.optional(),
  currentWallet: name.optional(),
  networks: z.record(name, networkSchema),
});
export type Config = z.infer<typeof configSchema>;

const EMPTY: Config = { version: 1, networks: {} };

/** The config file: networks by name, and which network and wallet are in use. */
export class ConfigFile {
  readonly path: string;

  constructor(folder: string) {
    this.path = join(folder, "config.json");
  }

  async read(): Promise<Config> {
    return (await readJsonFile(this.path, configSchema)) ?? EMPTY;
  }

  /** @throws ProtocolError LIMIT_REACHED, STORE_FAILED */
  async change(edit: (config: Config) => Config): Promise<void> {
    const config = configSchema.parse(edit(await this.read()));
    if (Object.keys(config.networks).length > MAX_NETWORKS)
      throw new ProtocolError("LIMIT_REACHED", `${this.path} holds at most ${MAX_NETWORKS} networks.`);
    await writePrivateFile(this.path, `${JSON.stringify(config, undefined, 2)}\n`);
  }
}
