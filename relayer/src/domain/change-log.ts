export interface ChangesSince {
  /** Each once: a later change of a node stands for its earlier ones. */
  readonly nodeIds: readonly bigint[];
  /** Where a reader stands that knows them. */
  readonly position: number;
}

/**
 * Which nodes changed when, as far back as a number of different nodes. Changes that come together have one position,
 * which only grows.
 */
export class ChangeLog {
  readonly #maxNodes: number;
  /** Position of each node's last change, oldest first. */
  readonly #changes = new Map<bigint, number>();
  #position = 0;
  /** What changed at this position, or before, may be forgotten. */
  #floor = 0;

  constructor(maxNodes: number) {
    this.#maxNodes = maxNodes;
  }

  get position(): number {
    return this.#position;
  }

  /** @returns The position of these changes. */
  record(nodeIds: readonly bigint[]): number {
    this.#position += 1;
    for (const nodeId of nodeIds) {
      this.#changes.delete(nodeId);
      this.#changes.set(nodeId, this.#position);
    }
    for (const [nodeId, position] of this.#changes) {
      if (this.#changes.size <= this.#maxNodes) break;
      this.#changes.delete(nodeId);
      this.#floor = position;
    }
    return this.#position;
  }

  /**
   * What changed after a position.
   *
   * @param most Nodes of one answer, at least as many as change together: ask again from its position for the rest.
   * @returns Undefined when it is no longer known, or the position was never given.
   */
  since(position: number, most: number): ChangesSince | undefined {
    if (position < this.#floor || position > this.#position) return undefined;
    const later = [...this.#changes].filter(([, at]) => at > position);
    const cut = later[most]?.[1];
    if (cut === undefined) return { nodeIds: later.map(([nodeId]) => nodeId), position: this.#position };
    const nodeIds = later.flatMap(([nodeId, at]) => (at < cut ? [nodeId] : []));
    return { nodeIds, position: cut - 1 };
  }
}
