/**
 * Runs jobs side by side, so many at a time, and begins them in their order: the longest goes first. Waits for all
 * that it began, and then throws the first failure; after one, no other job begins.
 */
export async function inLanes<T>(lanes: number, jobs: readonly (() => Promise<T>)[]): Promise<T[]> {
  const results: T[] = [];
  let next = 0;
  const work = async (): Promise<void> => {
    for (let index = next++; index < jobs.length; index = next++) {
      try {
        results[index] = await (jobs[index] as () => Promise<T>)();
      } catch (error) {
        next = jobs.length;
        throw error;
      }
    }
  };
  const working = Array.from({ length: Math.max(1, lanes) }, work);
  await Promise.allSettled(working);
  await Promise.all(working);
  return results;
}
