/** Limits that the authority knows too, so that its own are not met: docs/LIMITS.md. */
export interface OrderLimits {
  readonly atOnce: number;
  readonly perHour: number;
}

/** How long a certificate holds, Unix milliseconds. */
export interface Validity {
  readonly notBefore: number;
  readonly notAfter: number;
}

/** Failed orders in a row, and when the next one may be tried, Unix milliseconds. */
export interface Failures {
  readonly count: number;
  readonly retryAt: number;
}

export const NO_FAILURES: Failures = { count: 0, retryAt: 0 };

/** A name that leads to a running lease. */
export interface WantedName {
  readonly name: string;
  /** When its certificate is renewed, Unix milliseconds; undefined when it has none. */
  readonly renewAt: number | undefined;
  readonly failures: Failures;
}

export interface OrderState {
  readonly wanted: readonly WantedName[];
  /** Names with an order under way. */
  readonly ordering: ReadonlySet<string>;
  /** When recent orders were begun. */
  readonly begun: readonly number[];
  /** How long the authority itself has not answered. */
  readonly silence: Failures;
  readonly now: number;
}

const HOUR_MS = 3_600_000;
const FIRST_BACK_OFF_MS = 60_000;
const MAX_BACK_OFF_MS = 24 * HOUR_MS;
/** An authority that answers nobody is asked more often than one that refuses a name. */
const MAX_SILENCE_MS = HOUR_MS;
/** Part of a certificate's life that is left when it is renewed. */
const RENEWED_AT = 1 / 3;
/** Part of its life over which renewals are spread, before that. */
const SPREAD = 1 / 30;
/** A stored file is called as its name, with an ending, and file systems take 255 bytes. */
const MAX_NAME_LENGTH = 230;
const ORDERABLE = /^(?:(?!-)[a-z0-9-]{1,63}(?<!-)\.)+(?=[a-z])(?!-)[a-z0-9-]{2,63}(?<!-)$/;

/** Whether HTTP-01 can prove a name: a DNS name of two labels or more, no wildcard, no address. */
export function isOrderable(name: string): boolean {
  return name.length <= MAX_NAME_LENGTH && ORDERABLE.test(name);
}

/** When a certificate is renewed. @param spread 0 to 1, its own: those made together are not renewed together. */
export function renewalTime({ notBefore, notAfter }: Validity, spread: number): number {
  return notAfter - (notAfter - notBefore) * (RENEWED_AT + SPREAD * spread);
}

/** After one more failed order: from a minute, doubled, to a day. */
export function afterFailure({ count }: Failures, now: number): Failures {
  return { count: count + 1, retryAt: now + backOffMs(count, MAX_BACK_OFF_MS) };
}

/** After one more order that the authority did not answer; those that end together are one. */
export function afterSilence(silence: Failures, now: number): Failures {
  if (isWaiting(silence, now)) return silence;
  return { count: silence.count + 1, retryAt: now + backOffMs(silence.count, MAX_SILENCE_MS) };
}

/** Orders of the last hour. What seems to come from the future was begun before a clock was set right. */
export function recentOrders(begun: readonly number[], now: number): number[] {
  return begun.filter((at) => at <= now && now - at < HOUR_MS);
}

/**
 * Names to order now. Renewals come first, the one that ends soonest before others; then names without a certificate,
 * those that failed less before others, so that a tenant's wrong names do not hold up right ones.
 */
export function chooseOrders(state: OrderState, { atOnce, perHour }: OrderLimits): string[] {
  const { wanted, ordering, begun, silence, now } = state;
  if (isWaiting(silence, now)) return [];
  // One is enough to see whether a silent authority is back.
  const width = silence.count > 0 ? 1 : atOnce;
  const places = Math.min(width - ordering.size, perHour - recentOrders(begun, now).length);
  if (places <= 0) return [];
  const due = wanted.filter(
    ({ name, renewAt, failures }) =>
      !ordering.has(name) && !isWaiting(failures, now) && (renewAt === undefined || renewAt <= now),
  );
  return due
    .toSorted((a, b) => rankOf(a) - rankOf(b) || a.failures.count - b.failures.count)
    .slice(0, places)
    .map(({ name }) => name);
}

/** Whether there is still time to wait. More than the longest wait is left only when a clock was set back. */
function isWaiting({ retryAt }: Failures, now: number): boolean {
  return now < retryAt && retryAt - now <= MAX_BACK_OFF_MS;
}

function backOffMs(count: number, max: number): number {
  return Math.min(max, FIRST_BACK_OFF_MS * 2 ** count);
}

function rankOf({ renewAt }: WantedName): number {
  return renewAt ?? Number.MAX_SAFE_INTEGER;
}

/**
 * The names that find a place: those of a low rank before others, and of one rank as they come.
 *
 * @returns How many are left out, too.
 */
export function boundNames(
  names: readonly string[],
  rank: (name: string) => number,
  max: number,
): { readonly names: readonly string[]; readonly leftOut: number } {
  if (names.length <= max) return { names, leftOut: 0 };
  return { names: names.toSorted((a, b) => rank(a) - rank(b)).slice(0, max), leftOut: names.length - max };
}

/**
 * Names whose certificate is of no use any more: nothing leads there, and it has expired. Beyond `keep`, certificates
 * of names that nothing leads to go as well, the one that ends soonest first.
 */
export function outlived(
  held: ReadonlyMap<string, Validity>,
  { isRouted, now, keep }: OutlivedInput,
): string[] {
  const idle = [...held]
    .filter(([name]) => !isRouted(name))
    .toSorted(([, a], [, b]) => b.notAfter - a.notAfter);
  return idle.filter(([, { notAfter }], index) => notAfter <= now || index >= keep).map(([name]) => name);
}

export interface OutlivedInput {
  readonly isRouted: (name: string) => boolean;
  readonly now: number;
  readonly keep: number;
}
