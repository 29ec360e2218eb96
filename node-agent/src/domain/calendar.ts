import { ProtocolError } from "@fizz/protocol/errors";

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;
const MINUTES_PER_DAY = 1_440;
const MAX_RULES = 32;
/** Days ahead that are looked at: more than a week, so that a weekly rule is always found. */
const HORIZON_DAYS = 9;
const DAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"] as const;
const RULE = /^(\S+)\s+(\d\d):(\d\d)-(\d\d):(\d\d)\s+(\S+)$/;

interface Rule {
  readonly weekdays: ReadonlySet<number>;
  /** Minutes after midnight; an end that is not after the start is on the next day. */
  readonly start: number;
  readonly end: number;
  readonly zone: Intl.DateTimeFormat;
}

export type Calendar = readonly Rule[];

/** From when, and up to when, the owner needs the machine, in Unix milliseconds. */
export interface BusyTime {
  readonly from: number;
  readonly to: number;
}

/**
 * Reads `Mon-Fri 08:00-18:00 Europe/Berlin`, several with semicolons between; days are ranges and lists (`Sat,Sun`),
 * zones are IANA names. A range over midnight ends on the next day; 24:00 is an end.
 *
 * @throws ProtocolError CONFIG_INVALID
 */
export function parseCalendar(text: string): Calendar {
  const parts = text.split(/[;\n]/).filter((part) => part.trim() !== "");
  if (parts.length > MAX_RULES) throw invalid(`there are more than ${MAX_RULES} rules`);
  return parts.map((part) => parseRule(part.trim()));
}

/** The busy time that holds now, or else the next one; undefined without rules. @param now Unix milliseconds */
export function nextBusyTime(calendar: Calendar, now: number): BusyTime | undefined {
  return merged(calendar.flatMap((rule) => timesOf(rule, now))).find(({ to }) => to > now);
}

function parseRule(text: string): Rule {
  const match = RULE.exec(text);
  if (match === null) throw invalid(`"${text}" is not like "Mon-Fri 08:00-18:00 Europe/Berlin"`);
  const [, days = "", fromHour, fromMinute, toHour, toMinute, zone = ""] = match;
  const start = Number(fromHour) * 60 + Number(fromMinute);
  const end = Number(toHour) * 60 + Number(toMinute);
  const isTime =
    start < MINUTES_PER_DAY && end <= MINUTES_PER_DAY && Math.max(Number(fromMinute), Number(toMinute)) < 60;
  if (!isTime) throw invalid(`"${text}" has no time of day from 00:00 to 24:00`);
  if (start === end) throw invalid(`"${text}" begins when it ends; write 00:00-24:00 for a whole day`);
  return { weekdays: weekdaysOf(days), start, end, zone: zoneOf(zone) };
}

function weekdaysOf(text: string): Set<number> {
  const days = new Set<number>();
  for (const part of text.toLowerCase().split(",")) {
    const [first, last = first, ...more] = part
      .split("-")
      .map((day) => DAYS.findIndex((name) => name === day));
    if (first === undefined || last === undefined || first < 0 || last < 0 || more.length > 0)
      throw invalid(`"${text}" is not days such as Mon-Fri or Sat,Sun`);
    for (let day = first; ; day = (day + 1) % DAYS.length) {
      days.add(day);
      if (day === last) break;
    }
  }
  return days;
}

function zoneOf(name: string): Intl.DateTimeFormat {
  try {
    return new Intl.DateTimeFormat("en-US", {
      ...{ timeZone: name, hourCycle: "h23", year: "numeric", month: "numeric", day: "numeric" },
      ...{ hour: "numeric", minute: "numeric", second: "numeric" },
    });
  } catch {
    throw invalid(`"${name}" is not a time zone such as Europe/Berlin`);
  }
}

/** The times of one rule that begin on the days around now. */
function timesOf({ weekdays, start, end, zone }: Rule, now: number): BusyTime[] {
  const today = Math.floor(wallOf(zone, now) / DAY_MS) * DAY_MS;
  const times: BusyTime[] = [];
  for (let day = -1; day < HORIZON_DAYS; day += 1) {
    const midnight = today + day * DAY_MS;
    if (!weekdays.has(new Date(midnight).getUTCDay())) continue;
    const endDay = end <= start ? midnight + DAY_MS : midnight;
    // Where a wall time comes twice, or not at all, the machine is the owner's for longer rather than for less.
    const from = Math.min(...instantsOf(zone, midnight + start * MINUTE_MS));
    const to = Math.max(...instantsOf(zone, endDay + end * MINUTE_MS));
    if (to > from) times.push({ from, to });
  }
  return times;
}

/** Times that overlap or touch become one. */
function merged(times: readonly BusyTime[]): BusyTime[] {
  const result: BusyTime[] = [];
  for (const time of times.toSorted((left, right) => left.from - right.from)) {
    const last = result.at(-1);
    if (last === undefined || time.from > last.to) result.push(time);
    else result[result.length - 1] = { from: last.from, to: Math.max(last.to, time.to) };
  }
  return result;
}

/**
 * The instants at which clocks of a zone show a wall time: one; two when it comes twice; and when clocks jump over
 * it, those that it would be by the offset before and after the jump.
 *
 * @param wall The wall time as if it were UTC, Unix milliseconds.
 */
function instantsOf(zone: Intl.DateTimeFormat, wall: number): number[] {
  const offsets = [wall - DAY_MS, wall + DAY_MS].map((near) => wallOf(zone, near) - near);
  const candidates = [...new Set(offsets.map((offset) => wall - offset))];
  const exact = candidates.filter((instant) => wallOf(zone, instant) === wall);
  return exact.length > 0 ? exact : candidates;
}

/** What clocks of a zone show at an instant, as if it were UTC; whole seconds. */
function wallOf(zone: Intl.DateTimeFormat, instant: number): number {
  const parts = new Map(zone.formatToParts(instant).map(({ type, value }) => [type, Number(value)]));
  const part = (name: Intl.DateTimeFormatPartTypes): number => parts.get(name) ?? 0;
  return Date.UTC(part("year"), part("month") - 1, part("day"), part("hour"), part("minute"), part("second"));
}

function invalid(problem: string): ProtocolError {
  return new ProtocolError("CONFIG_INVALID", `FIZZ_NODE_BUSY_HOURS is wrong: ${problem}.`);
}
