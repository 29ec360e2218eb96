/** One process of a gateway that several serve. */
export interface ProcessEntry {
  /** Of one run of it. */
  readonly id: string;
  /** Where the others reach it: host and port. */
  readonly address: string;
  /** Where nodes and clients reach it, with its peer id. Empty for a process of an older version. */
  readonly multiaddrs: readonly string[];
  readonly version: string;
  /** Unix milliseconds, by the database's clock. */
  readonly startedAt: number;
  /** Time since it was heard last, in milliseconds, by the database's clock. */
  readonly silentMs: number;
}

/** Where the gateway keeps what must survive a restart, and who else keeps it there. */
export type StoreStatus =
  | { readonly kind: "embedded" }
  | {
      readonly kind: "postgresql";
      /** Host, port and database. */
      readonly at: string;
      /** Processes that are there, this one included. */
      readonly processes: readonly ProcessEntry[];
    };
