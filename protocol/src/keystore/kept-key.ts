import { type Hex } from "viem";
import { generatePrivateKey } from "viem/accounts";
import { ProtocolError } from "../errors/index.ts";
import { askNewPassword, requireLongPassword } from "./ask-secret.ts";
import { type KeyFile, readKeyFile, replaceKeyFile, writeKeyFile } from "./key-file.ts";
import { type Keystore, openKey, sealKey, type SealKeyOptions } from "./keystore.ts";
import { readPasswordFile } from "./password-file.ts";

export interface KeptKeyInit {
  /** As people are told of it, such as `operator key`. */
  readonly name: string;
  readonly path: string;
  /** File with its password; undefined: whoever sits at the terminal is asked. */
  readonly passwordFile: string | undefined;
  /** The setting that names that file. */
  readonly passwordSetting: string;
  /** What to do where there is no file, and where its key is not encrypted: whole sentences. */
  readonly advice: { readonly missing: string; readonly raw: string };
  /** Asks whoever sits at the terminal for what is not shown; undefined when nobody does. */
  readonly ask: ((question: string) => Promise<string>) | undefined;
}

/** What `make` found, and did. */
export type MadeKey =
  | { readonly outcome: "kept"; readonly address: Hex }
  | { readonly outcome: "made" | "encrypted"; readonly key: Hex };

/** A key in an encrypted file, and the way to its password: of a node, of a gateway, or of their owner. */
export class KeptKey {
  readonly path: string;
  readonly #init: KeptKeyInit;

  constructor(init: KeptKeyInit) {
    this.path = init.path;
    this.#init = init;
  }

  /** What the file holds; undefined when there is none. @throws ProtocolError CONFIG_INVALID */
  look(): KeyFile | undefined {
    return readKeyFile(this.path);
  }

  /** @throws ProtocolError CONFIG_INVALID when there is no key, or one that is not encrypted */
  read(): Keystore {
    const { name, path, advice } = this.#init;
    const file = this.look();
    if (file === undefined) throw invalid(`There is no ${name} at ${path}. ${advice.missing}`);
    if ("rawKey" in file) throw invalid(`The ${name} in ${path} is not encrypted. ${advice.raw}`);
    return file.keystore;
  }

  /** @throws ProtocolError CONFIG_INVALID when there is no key or no password, WALLET_REJECTED when the password is wrong */
  async open(): Promise<Hex> {
    return await openKey(this.read(), await this.#password());
  }

  /**
   * Makes the key, once, or encrypts the one that the file has as it is, in its place.
   *
   * @throws ProtocolError CONFIG_INVALID, USAGE for a bad password, STORE_FAILED
   */
  async make(): Promise<MadeKey> {
    const file = this.look();
    if (file !== undefined && "keystore" in file) return { outcome: "kept", address: file.keystore.address };
    const key = file?.rawKey ?? generatePrivateKey();
    const keystore = await sealSurely(key, await this.#newPassword());
    if (file === undefined) writeKeyFile(this.path, keystore);
    else replaceKeyFile(this.path, keystore);
    return { outcome: file === undefined ? "made" : "encrypted", key };
  }

  /**
   * Gives the key another password, at the same cost of scrypt. The file is replaced as a whole, or stays.
   *
   * @param newPasswordFile File with it; undefined: whoever sits at the terminal is asked.
   * @throws ProtocolError WALLET_REJECTED when the old password is wrong, USAGE when the new one is too short or
   * mistyped, CONFIG_INVALID, STORE_FAILED
   */
  async changePassword(newPasswordFile: string | undefined): Promise<void> {
    const keystore = this.read();
    const key = await openKey(keystore, await this.#password());
    const password = await this.#otherPassword(newPasswordFile);
    replaceKeyFile(this.path, await sealSurely(key, password, { cost: keystore.crypto.kdfparams }));
  }

  async #password(): Promise<string> {
    const { name, passwordFile, ask } = this.#init;
    if (passwordFile !== undefined) return readPasswordFile(passwordFile);
    if (ask !== undefined) return await ask(`Password of the ${name}`);
    throw this.#noPassword();
  }

  async #newPassword(): Promise<string> {
    const { name, passwordFile, ask } = this.#init;
    if (passwordFile !== undefined) return requireLongPassword(readPasswordFile(passwordFile));
    if (ask !== undefined) return await askNewPassword(ask, `the ${name}`);
    throw this.#noPassword();
  }

  /** Not from the file of the password: that is the old one. */
  async #otherPassword(file: string | undefined): Promise<string> {
    const { name, ask } = this.#init;
    if (file !== undefined) return requireLongPassword(readPasswordFile(file));
    if (ask !== undefined) return await askNewPassword(ask, `the ${name}`);
    throw invalid(
      "Nobody can be asked for the new password here: --new-password-file FILE (mode 0600) names it.",
    );
  }

  #noPassword(): ProtocolError {
    const { name, passwordSetting } = this.#init;
    return invalid(
      `The ${name} needs a password, and nobody can be asked here. Set ${passwordSetting} to a file ` +
        "(mode 0600) that holds it.",
    );
  }
}

/** The key of an owner, which is made elsewhere. */
export function ownerKey(init: Omit<KeptKeyInit, "name" | "advice">): KeptKey {
  const missing = "Name the file that your wallet exports (Web3 secret storage), or use --unsigned.";
  const raw = "Make a keystore of it: fizz wallet import NAME";
  return new KeptKey({ ...init, name: "owner key", advice: { missing, raw } });
}

/** Opens it again before anything is replaced by it. @throws ProtocolError INTERNAL */
async function sealSurely(key: Hex, password: string, options?: SealKeyOptions): Promise<Keystore> {
  const keystore = await sealKey(key, password, options);
  if ((await openKey(keystore, password)) !== key)
    throw new ProtocolError("INTERNAL", "The encrypted key does not open.");
  return keystore;
}

function invalid(message: string): ProtocolError {
  return new ProtocolError("CONFIG_INVALID", message);
}
