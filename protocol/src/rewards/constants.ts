/** Length of an era; EraRewards.ERA_SECONDS. */
export const ERA_SECONDS = 86_400;

/** Most rows of a published report: nodes of a gateway × eras that one report covers. */
export const MAX_REPORT_ROWS = 200_000;

/** The era of a Unix time in seconds. */
export function eraOf(time: number): number {
  return Math.floor(time / ERA_SECONDS);
}
