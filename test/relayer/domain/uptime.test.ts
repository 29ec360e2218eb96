import { PULSE_MS } from "@fizz/protocol/messages";
import { expect } from "chai";
import { MAX_HEARD_GAP_MS, MIN_UPTIME_MS, UptimeRecord } from "../../../relayer/src/domain/uptime.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** Not at the edge of anything. */
const START = 1_700_000_123_456;

describe("UptimeRecord", () => {
  it("says nothing before there is an hour to measure", () => {
    const record = new UptimeRecord(START);
    pulse(record, START, START + MIN_UPTIME_MS);
    expect(record.bpsAt(START + MIN_UPTIME_MS - 1)).to.equal(null);
    expect(record.bpsAt(START + MIN_UPTIME_MS)).to.equal(10_000);
  });

  it("is full while pulses come, at any moment between two of them", () => {
    const record = new UptimeRecord(START);
    pulse(record, START, START + 10 * DAY);
    expect(record.bpsAt(START + 10 * DAY + PULSE_MS / 2)).to.equal(10_000);
    expect(record.bpsAt(START + 10 * DAY + MAX_HEARD_GAP_MS)).to.equal(10_000);
  });

  it("is the part of the time since the node was seen first", () => {
    const record = new UptimeRecord(START);
    pulse(record, START, START + 3 * HOUR);
    // Its last word stands for another minute.
    const expected = Math.floor((10_000 * (3 * HOUR + PULSE_MS)) / (4 * HOUR));
    expect(record.bpsAt(START + 4 * HOUR)).to.equal(expected);
    record.hear(START + 4 * HOUR);
    expect(record.bpsAt(START + 4 * HOUR)).to.equal(expected);
  });

  it("goes on after a restart, where nobody listened for a day", () => {
    const record = new UptimeRecord(START);
    pulse(record, START, START + 2 * DAY);
    const before = record.bpsAt(START + 3 * DAY);
    const kept = structuredClone(record.keep(START + 3 * DAY));
    const again = UptimeRecord.restore(kept, START + 4 * DAY);
    // Two days of three, as it was kept; the fourth is nobody's.
    expect(before).to.be.within(6_660, 6_680);
    expect(again.bpsAt(START + 4 * DAY)).to.be.within((before ?? 0) - 10, (before ?? 0) + 10);
    pulse(again, START + 4 * DAY, START + 5 * DAY);
    expect(again.bpsAt(START + 5 * DAY)).to.be.within(7_480, 7_520);
    expect(again.bpsAt(START + 6 * DAY)).to.be.within(5_980, 6_020);
  });

  it("counts silence of a node that does not come back after a restart", () => {
    const record = new UptimeRecord(START);
    pulse(record, START, START + DAY);
    const again = UptimeRecord.restore(record.keep(START + DAY), START + DAY + HOUR);
    again.hear(START + 2 * DAY + HOUR);
    expect(again.bpsAt(START + 2 * DAY + HOUR)).to.be.within(4_990, 5_020);
  });

  it("is unmeasured again after more than a week for which nobody listened", () => {
    const record = new UptimeRecord(START);
    pulse(record, START, START + DAY);
    const later = START + 20 * DAY;
    const again = UptimeRecord.restore(record.keep(START + DAY), later);
    expect(again.bpsAt(later + MIN_UPTIME_MS / 2)).to.equal(null);
    pulse(again, later, later + 2 * HOUR);
    expect(again.bpsAt(later + 2 * HOUR)).to.equal(10_000);
  });

  it("goes on without a gap where another process listened until now", () => {
    const record = new UptimeRecord(START);
    pulse(record, START, START + DAY);
    const again = UptimeRecord.restore(record.keep(START + DAY), START);
    pulse(again, START + DAY, START + 2 * DAY);
    expect(again.bpsAt(START + 2 * DAY)).to.equal(10_000);
  });

  it("forgets what is older than the window", () => {
    const record = new UptimeRecord(START);
    record.hear(START + 2 * DAY);
    pulse(record, START + 2 * DAY, START + 9 * DAY);
    expect(record.bpsAt(START + 9 * DAY)).to.equal(10_000);
    expect(record.bpsAt(START + 20 * DAY)).to.equal(0);
  });

  it("takes nothing of one week for another after a long silence", () => {
    const record = new UptimeRecord(START);
    pulse(record, START, START + 7 * DAY);
    for (const days of [14, 21, 35]) record.hear(START + days * DAY);
    const last = record.bpsAt(START + 35 * DAY);
    expect(last).to.equal(0);
  });

  it("is not raised by more pulses than are due", () => {
    const [honest, eager] = [new UptimeRecord(START), new UptimeRecord(START)];
    pulse(honest, START, START + HOUR);
    for (let at = START; at <= START + HOUR; at += 20_000) eager.hear(at);
    expect(eager.bpsAt(START + 2 * HOUR)).to.equal(honest.bpsAt(START + 2 * HOUR));
  });

  it("counts a short silence as nothing and a longer one but for a minute", () => {
    const record = new UptimeRecord(START);
    record.hear(START + MAX_HEARD_GAP_MS);
    pulse(record, START + MAX_HEARD_GAP_MS, START + HOUR);
    expect(record.bpsAt(START + HOUR)).to.equal(10_000);
    const other = new UptimeRecord(START);
    other.hear(START + MAX_HEARD_GAP_MS + 1);
    pulse(other, START + MAX_HEARD_GAP_MS + 1, START + HOUR);
    const lost = MAX_HEARD_GAP_MS + 1 - PULSE_MS;
    expect(other.bpsAt(START + HOUR)).to.equal(Math.floor((10_000 * (HOUR - lost)) / HOUR));
  });

  it("goes on when the clock is set back", () => {
    const record = new UptimeRecord(START);
    pulse(record, START, START + 2 * HOUR);
    record.hear(START + HOUR);
    pulse(record, START + 2 * HOUR, START + 3 * HOUR);
    expect(record.bpsAt(START + 3 * HOUR)).to.equal(10_000);
  });

  /** A pulse a minute, and one at the end. */
  function pulse(record: UptimeRecord, from: number, until: number): void {
    for (let at = from + PULSE_MS; at < until; at += PULSE_MS) record.hear(at);
    record.hear(until);
  }
});
