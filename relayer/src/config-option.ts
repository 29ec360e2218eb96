/** One setting: its environment variable, its key in the configuration file, and what it is. */
export interface Option {
  readonly env: string;
  readonly key: string;
  readonly fallback: string;
  readonly text: string;
}
