/** One turn of all contenders. */
export interface Round {
  /** For who watches. */
  readonly title: string;
  readonly counts: boolean;
}

/** One round to warm up, which does not count, and those asked for: what runs for months has been compiled long since. */
export function* roundsOf(rounds: number): Generator<Round> {
  yield { title: "warming up", counts: false };
  for (let round = 1; round <= rounds; round += 1)
    yield { title: `round ${round} of ${rounds}`, counts: true };
}
