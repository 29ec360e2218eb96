import { type Config } from "../config.ts";

/** What every command gets. */
export interface CommandContext {
  /** Path of the configuration file, when one is named. */
  readonly configFile: string | undefined;
  /** Reads and checks the configuration. @throws ProtocolError CONFIG_INVALID */
  readonly readConfig: () => Config;
  /** Writes a line for people or programs to stdout. */
  readonly print: (line: string) => void;
}

export interface CommandOptions {
  /** One JSON document instead of text. */
  readonly json: boolean;
  /** drain: seconds until the gateway ends. */
  readonly within: string | undefined;
  /** drain: come back when the gateway has ended. */
  readonly wait: boolean;
}

export type Command = (context: CommandContext, options: CommandOptions) => Promise<number>;
