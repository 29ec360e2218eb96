import { access, readdir } from "node:fs/promises";
import { join } from "node:path";
import { ProtocolError } from "@fizz/protocol/errors";
import { type Keystore, keystoreSchema } from "@fizz/protocol/keystore";
import { NAME_PATTERN } from "../contexts/config-file.ts";
import { readJsonFile, writePrivateFile } from "../files.ts";

/** Most wallets that one config folder holds. */
export const MAX_WALLETS = 1_000;
const SUFFIX = ".json";

export interface StoredWallet {
  readonly name: string;
  readonly keystore: Keystore;
}

/** Encrypted keys, one file each, readable by their owner alone. */
export class WalletStore {
  readonly #folder: string;

  constructor(configFolder: string) {
    this.#folder = join(configFolder, "wallets");
  }

  async list(): Promise<StoredWallet[]> {
    const wallets: StoredWallet[] = [];
    for (const name of await this.#names()) {
      const keystore = await this.#read(name);
      if (keystore !== undefined) wallets.push({ name, keystore });
    }
    return wallets;
  }

  /** @throws ProtocolError WALLET_MISSING when there is none of this name. */
  async require(name: string): Promise<StoredWallet> {
    const keystore = await this.#read(name);
    if (keystore !== undefined) return { name, keystore };
    const names = await this.#names();
    const known = names.length === 0 ? "There is none yet." : `There are: ${names.join(", ")}.`;
    throw new ProtocolError("WALLET_MISSING", `There is no wallet "${name}". ${known}`);
  }

  /** @throws ProtocolError USAGE when the name is taken or not a name; LIMIT_REACHED */
  async requireFree(name: string): Promise<void> {
    const path = this.#pathOf(name);
    const taken = await access(path).then(
      () => true,
      () => false,
    );
    if (taken) throw new ProtocolError("USAGE", `There is a wallet "${name}" already. Choose another name.`);
    if ((await this.#names()).length >= MAX_WALLETS)
      throw new ProtocolError("LIMIT_REACHED", `${this.#folder} holds at most ${MAX_WALLETS} wallets.`);
  }

  async add(wallet: StoredWallet): Promise<void> {
    await this.requireFree(wallet.name);
    await writePrivateFile(this.#pathOf(wallet.name), `${JSON.stringify(wallet.keystore, undefined, 2)}\n`);
  }

  async #read(name: string): Promise<Keystore | undefined> {
    return await readJsonFile(this.#pathOf(name), keystoreSchema);
  }

  async #names(): Promise<string[]> {
    const files = await readdir(this.#folder).catch(() => []);
    return files
      .filter((file) => file.endsWith(SUFFIX))
      .map((file) => file.slice(0, -SUFFIX.length))
      .filter((name) => NAME_PATTERN.test(name))
      .sort();
  }

  #pathOf(name: string): string {
    if (!NAME_PATTERN.test(name))
      throw new ProtocolError(
        "USAGE",
        `"${name}" is not a wallet name. Use letters, digits, ".", "_" and "-".`,
      );
    return join(this.#folder, `${name}${SUFFIX}`);
  }
}
