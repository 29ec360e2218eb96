import { existsSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { ProtocolError } from "@fizz/protocol/errors";
import { z } from "zod";
import {
  type CertificateShelf,
  type OrderedCertificate,
  type OrderHistory,
} from "../../certificate-ports.ts";
import { isOrderable } from "../../domain/certificate-orders.ts";
import { type Logger } from "../../ports.ts";
import { orderedCertificate } from "./ordered-certificate.ts";
import { writeWhole } from "./whole-file.ts";

/** Files read from the folder, and bytes of one. */
const MAX_FILES = 20_000;
const MAX_FILE_BYTES = 4 * 1024 * 1024;
const ENDING = ".pem";
const DIRECTORY_LINE = /^Directory: (\S+)$/m;
const KEY_BLOCK = /-----BEGIN PRIVATE KEY-----[^-]+-----END PRIVATE KEY-----\n?/;
const MAX_REMEMBERED = 100_000;

const time = z.number().int().nonnegative();
const historySchema = z.object({
  begun: z.array(time).max(MAX_REMEMBERED),
  failures: z
    .array(z.tuple([z.string(), z.object({ count: z.number().int().positive(), retryAt: time })]))
    .max(MAX_REMEMBERED),
});

/** Ordered certificates in a folder: one file for each name, so that a key and its certificate change together. */
export class OrderedFiles implements CertificateShelf {
  readonly #logger: Logger;
  readonly #folder: string;
  readonly #historyFile: string;

  /** @param folder For this program alone. */
  constructor(logger: Logger, folder: string) {
    this.#logger = logger;
    this.#folder = join(folder, "certificates");
    this.#historyFile = join(folder, "orders.json");
  }

  load(): { readonly certificates: readonly OrderedCertificate[]; readonly history: OrderHistory } {
    const files = this.#orTell("certificates", () => this.#files()) ?? [];
    const certificates = files.flatMap((file) => this.#orTell(file, () => this.#read(file)) ?? []);
    const none = { begun: [], failures: new Map() };
    return { certificates, history: this.#orTell("orders.json", () => this.#readHistory()) ?? none };
  }

  save({ name, directory, key, cert }: OrderedCertificate): void {
    stored(() => {
      writeWhole(this.#pathOf(name), `Directory: ${directory}\n${key}${cert}`);
    });
  }

  remove(name: string): void {
    stored(() => {
      rmSync(this.#pathOf(name), { force: true });
    });
  }

  saveHistory({ begun, failures }: OrderHistory): void {
    stored(() => {
      writeWhole(this.#historyFile, JSON.stringify({ begun, failures: [...failures] }));
    });
  }

  #files(): string[] {
    if (!existsSync(this.#folder)) return [];
    const files = readdirSync(this.#folder).filter((file) => file.endsWith(ENDING));
    return files.slice(0, MAX_FILES);
  }

  #pathOf(name: string): string {
    if (!isOrderable(name)) throw new ProtocolError("INTERNAL", `${name} cannot be the name of a file.`);
    return join(this.#folder, `${name}${ENDING}`);
  }

  #read(file: string): OrderedCertificate {
    const text = readBounded(join(this.#folder, file));
    const [key = ""] = KEY_BLOCK.exec(text) ?? [];
    const directory = DIRECTORY_LINE.exec(text)?.[1] ?? "";
    const cert = text.slice(Math.max(0, text.indexOf("-----BEGIN CERTIFICATE-----")));
    return orderedCertificate({ name: file.slice(0, -ENDING.length), key, cert, directory });
  }

  #readHistory(): OrderHistory | undefined {
    if (!existsSync(this.#historyFile)) return undefined;
    const { begun, failures } = historySchema.parse(JSON.parse(readBounded(this.#historyFile)));
    return { begun, failures: new Map(failures) };
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

function stored(write: () => void): void {
  try {
    write();
  } catch (cause) {
    if (cause instanceof ProtocolError) throw cause;
    throw new ProtocolError("STORE_FAILED", "A certificate's file cannot be written.", { cause });
  }
}
