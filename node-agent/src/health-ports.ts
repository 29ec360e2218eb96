/** One look at a port of a container. */
export interface HealthProbe {
  readonly host: string;
  readonly port: number;
  /** Of a GET, which must be answered with 200 to 399; null where a connection is enough. */
  readonly path: string | null;
}

/** Looks whether a container works. Never throws: what does not answer is not healthy. */
export interface Prober {
  /** @returns Undefined when it works; what is wrong, for people; null where the agent itself could not ask. */
  probe(probe: HealthProbe, signal: AbortSignal): Promise<string | null | undefined>;
}
