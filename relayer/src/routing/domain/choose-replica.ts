/** What the choice looks at. */
export interface ReplicaView {
  /** Requests under way. */
  readonly inFlight: number;
  /** Milliseconds of the same clock as `now` before which the replica is not asked; 0 when it is healthy. */
  readonly outUntil: number;
}

/**
 * Least requests under way among the healthy replicas; of equals the first from `turn` on, so that they take turns.
 * When none is healthy, the one that comes back first is asked all the same: a service with one replica must not be
 * refused for its past.
 *
 * @param skip Replicas that were tried already.
 * @returns undefined when all were tried.
 */
export function chooseReplica<Replica extends ReplicaView>(
  replicas: readonly Replica[],
  turn: number,
  skip: ReadonlySet<Replica> | undefined,
): Replica | undefined {
  let best: Replica | undefined;
  for (let step = 0; step < replicas.length; step += 1) {
    const replica = replicas[(turn + step) % replicas.length];
    if (replica === undefined || skip?.has(replica)) continue;
    if (best === undefined || isBetter(replica, best)) best = replica;
  }
  return best;
}

function isBetter(one: ReplicaView, other: ReplicaView): boolean {
  if (one.outUntil !== other.outUntil) return one.outUntil < other.outUntil;
  return one.inFlight < other.inFlight;
}
