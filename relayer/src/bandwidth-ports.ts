/** What a throttle tells its connection. */
export interface ThrottleInit {
  /** Called each time that it begins to hold the connection back. */
  readonly onHold: () => void;
  /** Bytes may pass again. */
  readonly onGoOn: () => void;
}

/** Holds one connection back while the bandwidth of its lease is used up. Nothing is cut. */
export interface Throttle {
  readonly isHolding: boolean;
  /** Looks whether bytes may pass; when they may not, it begins to hold back. */
  mayPass(): boolean;
  /** Counts bytes that have passed, and holds back when they were more than there was. */
  count(bytes: number): void;
  /** The connection is over. */
  stop(): void;
}

/** The bytes per second of one lease, both directions of all its doors together, whatever their kind. */
export interface Bandwidth {
  /** What holds one connection of the lease back. */
  throttle(init: ThrottleInit): Throttle;
}
