import { type Config } from "../config.ts";

/** What every command gets. */
export interface CommandContext {
  /** Path of the configuration file, when one is named. */
  readonly configFile: string | undefined;
  /** Reads and checks the configuration. @throws ProtocolError CONFIG_INVALID */
  readonly readConfig: () => Config;
  /** Writes a line for people or programs to stdout. */
  readonly print: (line: string) => void;
  /** Asks whoever sits at the terminal for what is not shown; undefined when nobody does. */
  readonly askSecret: ((question: string) => Promise<string>) | undefined;
}

export interface CommandOptions {
  /** One JSON document instead of text. */
  readonly json: boolean;
  /** drain: seconds until the gateway ends. */
  readonly within: string | undefined;
  /** drain: come back when the gateway has ended. */
  readonly wait: boolean;
  /** register: `--owner-keystore`, before the setting. */
  readonly ownerKeystore: string | undefined;
  /** register: print the owner's transactions instead of sending them. */
  readonly unsigned: boolean;
  /** register: whose transactions they are. */
  readonly owner: string | undefined;
  /** change-password: file with the new one; undefined: whoever sits at the terminal is asked. */
  readonly newPasswordFile: string | undefined;
}

export type Command = (context: CommandContext, options: CommandOptions) => Promise<number>;
