export interface OrderingInit {
  readonly databaseUrl: string;
  readonly dataDir: string;
  readonly acmeDirectory: string;
  readonly acmeCaFile: string;
  /** File with the names that lead to leases, one a line. */
  readonly namesFile: string;
}

/** What it tells. */
export interface OrderingLine {
  /** Where it answers challenges. */
  readonly port?: number;
  /** It shows another certificate for a name from now on. */
  readonly shown?: string;
  readonly fingerprint?: string;
  readonly event?: string;
}
