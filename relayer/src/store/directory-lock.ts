import { mkdirSync, rmSync } from "node:fs";
import { connect, createServer, type Server } from "node:net";
import { ProtocolError } from "@fizz/protocol/errors";
import { socketPathOf } from "@fizz/protocol/node";

const SOCKET_NAME = "lock.sock";

/**
 * Holds a folder for one process. A listening socket, not a file with a number in it: it ends with its process,
 * however that ends, and numbers of processes come again in containers.
 */
export class DirectoryLock {
  readonly #path: string;
  #server: Server | undefined;

  /** Makes the folder, for this user alone, if it is not there. */
  constructor(directory: string) {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    this.#path = socketPathOf(directory, SOCKET_NAME);
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
