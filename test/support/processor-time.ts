/** Processor time after which a reader of texts hangs. A machine of its own takes a tenth; a shared one is slower. */
export const HANG_MS = 5_000;

/** Processor milliseconds of a call: what other programs on the machine do does not count. */
export function processorMs(call: () => void): number {
  const start = process.cpuUsage();
  call();
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1_000;
}
