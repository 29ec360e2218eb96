import { type Hex } from "viem";
import { type Config } from "./config.ts";
import { type Logger } from "./ports.ts";
import { type Drain } from "./services/drain.ts";
import { type Reloader } from "./services/reloader.ts";

export interface Part {
  start?(): void | Promise<void>;
  stop(): void | Promise<void>;
}

/** What every part of a gateway is started with. */
export interface StartContext {
  readonly config: Config;
  /** The operator key, opened. */
  readonly key: Hex;
  readonly logger: Logger;
  /** Starts a part, and stops it with the gateway. */
  readonly begin: (part: Part) => Promise<void>;
  readonly drain: Drain;
  readonly reloader: Reloader<Config>;
}
