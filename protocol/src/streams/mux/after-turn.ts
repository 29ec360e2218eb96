/** What is told when the event loop has read once more from all sockets. */
export interface AfterTurn {
  onTurnOver(): void;
}

/** For the next turn. */
let waiting: AfterTurn[] = [];

/** Tells somebody when the event loop has polled once more. However many ask, that costs one task. */
export function afterNextTurn(one: AfterTurn): void {
  waiting.push(one);
  if (waiting.length === 1) setImmediate(setImmediate, tellAll);
}

function tellAll(): void {
  const all = waiting;
  waiting = [];
  for (const one of all) one.onTurnOver();
}
