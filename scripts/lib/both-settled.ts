/**
 * Like `Promise.all`, but waits for both also when one fails: what the other started has been handed over for
 * cleanup by then. Throws the first failure.
 */
export async function bothSettled<A, B>(first: Promise<A>, second: Promise<B>): Promise<[A, B]> {
  await Promise.allSettled([first, second]);
  return [await first, await second];
}
