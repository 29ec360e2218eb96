import type { Client, ClientConfig } from "pg";
import { BEAT_MS } from "../domain/sharing-rules.ts";
import { type Logger } from "../ports.ts";
import { advisoryLock, type LockName } from "./advisory-lock.ts";
import { PinnedSession } from "./pinned-session.ts";

/** A process whose machine is gone holds its lock for half a minute at most. */
const KEEP_ALIVE =
  "SET tcp_keepalives_idle = 10; SET tcp_keepalives_interval = 5; SET tcp_keepalives_count = 3";

export interface SolePartInit {
  /** Parts with different locks may run in different processes. */
  readonly lock: LockName;
  readonly config: ClientConfig;
  /** Can be started again after it was stopped. */
  readonly part: { start(): void | Promise<void>; stop(): void | Promise<void> };
  readonly logger: Logger;
}

/**
 * Runs a part in one process of all that share a database: the one whose session has the lock. When that session ends,
 * the part is stopped, and another process starts its own.
 */
export class SolePart {
  readonly #init: SolePartInit;
  readonly #session: PinnedSession;
  #client: Client | undefined;
  #isRunning = false;
  #timer: NodeJS.Timeout | undefined;
  #queue: Promise<void> = Promise.resolve();

  constructor(init: SolePartInit) {
    this.#init = init;
    const { config, logger } = init;
    this.#session = new PinnedSession({ config, logger, onConnect: (client) => this.#connected(client) });
  }

  /** @throws What the driver throws when the database is away. */
  async start(): Promise<void> {
    await this.#session.start();
    await this.#serially(() => this.#try());
    this.#timer = setInterval(() => void this.#serially(() => this.#try()), BEAT_MS);
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    // The lock goes with the session: nobody else begins before this one has ended.
    await this.#serially(() => this.#end());
    this.#client = undefined;
    await this.#session.stop();
  }

  async #connected(client: Client): Promise<void> {
    await client.query(KEEP_ALIVE);
    this.#client = client;
    client.once("end", () => {
      if (this.#client !== client) return;
      this.#client = undefined;
      void this.#serially(() => this.#end());
    });
  }

  async #try(): Promise<void> {
    const client = this.#client;
    if (client === undefined || this.#isRunning) return;
    const { rows } = await client.query<{ taken: boolean }>(
      `SELECT pg_try_advisory_lock(${advisoryLock(this.#init.lock)}) AS taken`,
    );
    if (rows[0]?.taken !== true || this.#client !== client) return;
    this.#isRunning = true;
    await this.#init.part.start();
  }

  async #end(): Promise<void> {
    if (!this.#isRunning) return;
    this.#isRunning = false;
    await this.#init.part.stop();
  }

  async #serially(task: () => Promise<void>): Promise<void> {
    this.#queue = this.#queue.then(task).catch((error: unknown) => {
      this.#init.logger.debug({ event: "sharing.part.failed", error }, "It is tried again.");
    });
    await this.#queue;
  }
}
