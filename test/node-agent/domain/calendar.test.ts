import { expect } from "chai";
import { nextBusyTime, parseCalendar } from "../../../node-agent/src/domain/calendar.ts";
import { codeOf } from "../../support/code-of.ts";

const HOUR = 3_600_000;
const at = (text: string): number => Date.parse(text);
const next = (rules: string, now: string): string | undefined => {
  const busy = nextBusyTime(parseCalendar(rules), at(now));
  return busy === undefined ? undefined : `${iso(busy.from)} ${iso(busy.to)}`;
};
const iso = (time: number): string => new Date(time).toISOString().slice(0, 16);

describe("the owner's calendar", () => {
  const rows = [
    [
      "before the day's hours",
      "Mon-Fri 08:00-18:00 Europe/Berlin",
      "2026-11-30T05:00Z",
      "2026-11-30T07:00 2026-11-30T17:00",
    ],
    [
      "in them",
      "Mon-Fri 08:00-18:00 Europe/Berlin",
      "2026-11-30T12:00Z",
      "2026-11-30T07:00 2026-11-30T17:00",
    ],
    [
      "at their very end",
      "Mon-Fri 08:00-18:00 Europe/Berlin",
      "2026-11-30T17:00Z",
      "2026-12-01T07:00 2026-12-01T17:00",
    ],
    [
      "over the weekend",
      "Mon-Fri 08:00-18:00 Europe/Berlin",
      "2026-12-04T20:00Z",
      "2026-12-07T07:00 2026-12-07T17:00",
    ],
    ["a week ahead", "Mon 08:00-09:00 UTC", "2026-11-30T09:00Z", "2026-12-07T08:00 2026-12-07T09:00"],
    ["over midnight", "Sat 22:00-06:00 UTC", "2026-12-06T03:00Z", "2026-12-05T22:00 2026-12-06T06:00"],
    [
      "a whole day",
      "Sun 00:00-24:00 America/New_York",
      "2026-11-28T12:00Z",
      "2026-11-29T05:00 2026-11-30T05:00",
    ],
    [
      "days around the week's end",
      "Sat-Mon 10:00-11:00 UTC",
      "2026-11-29T12:00Z",
      "2026-11-30T10:00 2026-11-30T11:00",
    ],
    [
      "half-hour zones",
      "Mon 09:00-10:00 Asia/Kolkata",
      "2026-11-29T12:00Z",
      "2026-11-30T03:30 2026-11-30T04:30",
    ],
    [
      "rules that touch, as one",
      "Mon 08:00-12:00 UTC; Mon 12:00-14:00 UTC",
      "2026-11-30T09:00Z",
      "2026-11-30T08:00 2026-11-30T14:00",
    ],
    [
      "rules that overlap, as one",
      "Mon 08:00-12:00 UTC; Mon,Tue 11:00-14:00 UTC",
      "2026-11-30T13:00Z",
      "2026-11-30T08:00 2026-11-30T14:00",
    ],
    [
      "summer, with its other offset",
      "Mon-Fri 08:00-18:00 Europe/Berlin",
      "2026-07-01T05:00Z",
      "2026-07-01T06:00 2026-07-01T16:00",
    ],
    // 2027-03-28, 02:00 becomes 03:00 in Berlin: the hour between does not exist.
    [
      "a start that clocks jump over",
      "Sun 02:30-04:00 Europe/Berlin",
      "2027-03-27T12:00Z",
      "2027-03-28T00:30 2027-03-28T02:00",
    ],
    [
      "an end that clocks jump over",
      "Sun 01:00-02:30 Europe/Berlin",
      "2027-03-27T12:00Z",
      "2027-03-28T00:00 2027-03-28T01:30",
    ],
    [
      "a day of 23 hours",
      "Sun 00:00-24:00 Europe/Berlin",
      "2027-03-28T12:00Z",
      "2027-03-27T23:00 2027-03-28T22:00",
    ],
    // 2026-10-25, 03:00 becomes 02:00: the hour comes twice.
    [
      "a start that comes twice",
      "Sun 02:30-04:00 Europe/Berlin",
      "2026-10-24T12:00Z",
      "2026-10-25T00:30 2026-10-25T03:00",
    ],
    [
      "an end that comes twice",
      "Sun 01:00-02:30 Europe/Berlin",
      "2026-10-24T12:00Z",
      "2026-10-24T23:00 2026-10-25T01:30",
    ],
    [
      "a day of 25 hours",
      "Sun 00:00-24:00 Europe/Berlin",
      "2026-10-25T12:00Z",
      "2026-10-24T22:00 2026-10-25T23:00",
    ],
  ] as const;
  for (const [name, rules, now, expected] of rows)
    it(`finds ${name}`, () => {
      expect(next(rules, now)).to.equal(expected);
    });

  it("has no hours without rules, and is always busy with rules for all of the week", () => {
    expect(next(" ; ", "2026-11-30T05:00Z")).to.equal(undefined);
    const always = nextBusyTime(parseCalendar("Mon-Sun 00:00-24:00 Europe/Berlin"), at("2026-11-30T05:00Z"));
    expect((always?.to ?? 0) - at("2026-11-30T05:00Z")).to.be.above(7 * 24 * HOUR);
  });

  it("never says that hours are over before now, at any hour of a year with both changes of the clocks", () => {
    const calendar = parseCalendar("Mon-Sun 01:30-03:30 Europe/Berlin; Sat 22:00-06:00 America/New_York");
    for (let now = at("2026-01-01T00:00Z"); now < at("2027-01-01T00:00Z"); now += 7 * HOUR) {
      const busy = nextBusyTime(calendar, now);
      expect(busy, iso(now)).to.not.equal(undefined);
      expect((busy?.to ?? 0) > now && (busy?.from ?? 0) < (busy?.to ?? 0), iso(now)).to.equal(true);
      expect((busy?.from ?? 0) - now, iso(now)).to.be.below(25 * HOUR);
    }
  });

  const wrong = [
    ...[
      "Mon",
      "Mon-Fri 8:00-18:00 UTC",
      "Mon 08:00-18:00",
      "Mon 08:00-18:00 Mars/Base",
      "Day 08:00-18:00 UTC",
    ],
    ...[
      "Mon 08:60-18:00 UTC",
      "Mon 24:00-25:00 UTC",
      "Mon 08:00-24:01 UTC",
      "Mon 08:00-08:00 UTC",
      "Mon-Tue-Wed 08:00-09:00 UTC",
    ],
    ...["Mon 1:00-2:00 UTC;".repeat(3), "Mon 01:00-02:00 UTC;".repeat(33)],
  ];
  for (const text of wrong)
    it(`refuses ${text.slice(0, 40)}`, async () => {
      expect(await codeOf(Promise.resolve().then(() => parseCalendar(text)))).to.equal("CONFIG_INVALID");
    });
});
