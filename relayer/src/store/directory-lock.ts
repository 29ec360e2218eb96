import { createHash } from "node:crypto";
import { rmSync } from "node:fs";
import { connect, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { ProtocolError } from "@fizz/protocol/errors";

const SOCKET_NAME = "lock.sock";
/** Longer paths do not fit into a socket's address. */
const MAX_SOCKET_PATH = 100;

/**
 * Holds a folder for one process. A listening socket, not a file with a number in it: it ends with its process,
 * however that ends, and numbers of processes come again in containers.
 */
export class DirectoryLock {
  readonly #path: string;
  #server: Server | undefined;

  constructor(directory: string) {
    this.#path = socketPathOf(resolve(directory));
  }

  /** @throws ProtocolError CONFIG_INVALID when another process holds the folder. */
  async acquire(): Promise<void> {
    if (await this.#tryListen()) return;
    if (await isAnswered(this.#path))
      throw new ProtocolError(
        "CONFIG_INVALID",
        `Another gateway uses the folder of ${this.#path}. Stop it first.`,
      );
    rmSync(this.#path, { force: true });
    if (await this.#tryListen()) return;
    throw new ProtocolError("CONFIG_INVALID", `The folder of ${this.#path} cannot be locked.`);
  }

  async release(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (server === undefined) return;
    await new Promise<void>((resolve) => {
      server.close(() => {
        resolve();
      });
    });
  }

  async #tryListen(): Promise<boolean> {
    const server = createServer((socket) => socket.destroy());
    const listens = await new Promise<boolean>((resolve) => {
      server.once("error", () => {
        resolve(false);
      });
      server.listen(this.#path, () => {
        resolve(true);
      });
    });
    if (listens) this.#server = server.unref();
    return listens;
  }
}

function socketPathOf(directory: string): string {
  const path = join(directory, SOCKET_NAME);
  if (Buffer.byteLength(path) <= MAX_SOCKET_PATH) return path;
  return join(tmpdir(), `fizz-${createHash("sha256").update(directory).digest("hex").slice(0, 24)}.sock`);
}

async function isAnswered(path: string): Promise<boolean> {
  return await new Promise((resolve) => {
    const socket = connect(path);
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => {
      resolve(false);
    });
  });
}
