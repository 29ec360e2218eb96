/** First word of the line in which a process of a measurement says that it works, and what others need to know. */
export const READY = "ready";

export function sayReady(facts: object): void {
  process.stdout.write(`${READY} ${JSON.stringify(facts)}\n`);
}
