import type { Client, ClientConfig } from "pg";
import { type Logger } from "../ports.ts";
import * as pg from "./pg.ts";

/** Between two tries to connect again. */
const RECONNECT_MS = 1_000;

export interface PinnedSessionInit {
  readonly config: ClientConfig;
  /** Called with each new connection. When it throws, the connection is closed and made again later. */
  readonly onConnect: (client: Client) => Promise<void>;
  readonly logger: Logger;
}

/** One connection to PostgreSQL, for what lives as long as a session does. It is made again whenever it breaks. */
export class PinnedSession {
  readonly #init: PinnedSessionInit;
  #client: Client | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isStopped = false;

  constructor(init: PinnedSessionInit) {
    this.#init = init;
  }

  /** Connects for the first time: what fails then is thrown. */
  async start(): Promise<void> {
    const client = new pg.Client(this.#init.config);
    client.on("error", (error) => {
      this.#init.logger.warn({ event: "store.session.lost", error }, "A session of the database is gone.");
    });
    client.once("end", () => {
      if (this.#client !== client) return;
      this.#client = undefined;
      this.#startLater();
    });
    try {
      await client.connect();
      await this.#init.onConnect(client);
    } catch (error) {
      await client.end().catch(() => undefined);
      throw error;
    }
    this.#client = client;
    if (this.#isStopped) await this.stop();
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    const client = this.#client;
    this.#client = undefined;
    await client?.end().catch(() => undefined);
  }

  #startLater(): void {
    if (this.#isStopped) return;
    this.#timer = setTimeout(() => {
      this.start().catch((error: unknown) => {
        this.#init.logger.debug({ event: "store.session.failed", error }, "The database is away.");
        this.#startLater();
      });
    }, RECONNECT_MS);
  }
}
