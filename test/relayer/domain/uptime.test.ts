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
