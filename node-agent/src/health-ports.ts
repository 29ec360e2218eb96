/** One look at a port of a container. */
export interface HealthProbe {
  readonly host: string;
  readonly port: number;
  /** Of a GET, which must be answered with 200 to 399; null where a connection is enough. */
  readonly path: string | null;
}

/** Looks whether a container works. Never throws: what cannot be asked is not healthy. */
export interface Prober {
  /** @returns Undefined when it works; otherwise what is wrong, for people. */
  probe(probe: HealthProbe, signal: AbortSignal): Promise<string | undefined>;
}
