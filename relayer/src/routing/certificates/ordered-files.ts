import { existsSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { ProtocolError } from "@fizz/protocol/errors";
import { type CertificateFiles, type OrderedCertificate } from "../../certificate-ports.ts";
import { type OrderHistory, readOrderHistory } from "../../domain/order-history.ts";
import { type Logger } from "../../ports.ts";
import { isKey } from "./account-key.ts";
import { orderedCertificate } from "./ordered-certificate.ts";

/** Files read from the folder, and bytes of one. */
const MAX_FILES = 20_000;
const MAX_FILE_BYTES = 4 * 1024 * 1024;
const ENDING = ".pem";
const DIRECTORY_LINE = /^Directory: (\S+)$/m;
const KEY_BLOCK = /-----BEGIN PRIVATE KEY-----[^-]+-----END PRIVATE KEY-----\n?/;

/** Ordered certificates as versions before 0.2 kept them: in a folder, one file for each name. */
export class OrderedFiles implements CertificateFiles {
  readonly #logger: Logger;
  readonly #folder: string;
  readonly #historyFile: string;
  readonly #accountFile: string;
  readonly #loaded: string[] = [];

  constructor(logger: Logger, folder: string) {
    this.#logger = logger;
    this.#folder = join(folder, "certificates");
    this.#historyFile = join(folder, "orders.json");
    this.#accountFile = join(folder, "account.key");
  }

  load(): ReturnType<CertificateFiles["load"]> {
    const files = this.#orTell("certificates", () => this.#files()) ?? [];
    const certificates = files.flatMap((file) => this.#orTell(file, () => this.#read(file)) ?? []);
    const none = { begun: [], failures: new Map() };
    const history = this.#orTell("orders.json", () => this.#readHistory()) ?? none;
    return { certificates, history, accountKey: this.#orTell("account.key", () => this.#readAccount()) };
  }

  removeLoaded(): void {
    for (const path of this.#loaded.splice(0)) rmSync(path, { force: true });
  }

  #files(): string[] {
    if (!existsSync(this.#folder)) return [];
    const files = readdirSync(this.#folder).filter((file) => file.endsWith(ENDING));
    return files.slice(0, MAX_FILES);
  }

  #read(file: string): OrderedCertificate {
    const path = join(this.#folder, file);
    const text = readBounded(path);
    const [key = ""] = KEY_BLOCK.exec(text) ?? [];
    const directory = DIRECTORY_LINE.exec(text)?.[1] ?? "";
    const cert = text.slice(Math.max(0, text.indexOf("-----BEGIN CERTIFICATE-----")));
    const certificate = orderedCertificate({ name: file.slice(0, -ENDING.length), key, cert, directory });
    this.#loaded.push(path);
    return certificate;
  }

  #readHistory(): OrderHistory | undefined {
    if (!existsSync(this.#historyFile)) return undefined;
    const history = readOrderHistory(JSON.parse(readBounded(this.#historyFile)));
    this.#loaded.push(this.#historyFile);
    return history;
  }

  #readAccount(): string | undefined {
    if (!existsSync(this.#accountFile)) return undefined;
    const key = readBounded(this.#accountFile);
    if (!isKey(key)) throw new ProtocolError("STORE_FAILED", "It is no private key.");
    this.#loaded.push(this.#accountFile);
    return key;
  }

  /** What is broken is ordered, or counted, anew. */
  #orTell<T>(file: string, read: () => T): T | undefined {
    try {
      return read();
    } catch (cause) {
      const error = new ProtocolError("STORE_FAILED", `${file} cannot be used.`, { cause });
      this.#logger.warn({ event: "certificate.broken", file, error }, "A stored file is left out.");
      return undefined;
    }
  }
}

function readBounded(path: string): string {
  if (statSync(path).size > MAX_FILE_BYTES)
    throw new ProtocolError("INPUT_TOO_LARGE", `${path} is too large.`);
  return readFileSync(path, "utf8");
}
