/** Where a program of a local network lives: on this machine, or in a network namespace that looks like another one. */
export interface Place {
  /** Address by which the others reach it. */
  readonly address: string;
  /** Address on which it listens. */
  readonly listenAddress: string;
  /** Put in front of its command, to run it there. */
  readonly prefix: readonly string[];
}

/** This machine, out of reach for others. */
export const LOOPBACK: Place = { address: "127.0.0.1", listenAddress: "127.0.0.1", prefix: [] };
