import { engineError, statusOf } from "./engine-error.ts";

/** Undefined when the engine answered with one of the ignored states. @throws ProtocolError as `engineError` */
export async function callEngine<Result>(what: string, task: () => Promise<Result>): Promise<Result>;
export async function callEngine<Result>(
  what: string,
  task: () => Promise<Result>,
  ignored: readonly number[],
): Promise<Result | undefined>;
export async function callEngine<Result>(
  what: string,
  task: () => Promise<Result>,
  ignored: readonly number[] = [],
): Promise<Result | undefined> {
  try {
    return await task();
  } catch (error) {
    if (ignored.includes(statusOf(error) ?? 0)) return undefined;
    throw engineError(error, what);
  }
}
