import { expect } from "chai";
import { zeroAddress } from "viem";
import {
  earningsByToken,
  hourlyOf,
  type LeaseHolding,
  nodeShare,
  releasable,
} from "../../../node-agent/src/domain/earnings.ts";
import { releasedSince } from "../../../node-agent/src/domain/earnings-days.ts";

const TOKEN = "0x90F79bf6EB2c4f870365E785982E1f101E93b906";
const holding = (changes: Partial<LeaseHolding> = {}): LeaseHolding => ({
  ...{ lid: 1n, subnetId: 1, token: zeroAddress, state: "active", paidUntil: 2_000 },
  ...{ ratePerSecond: 10n ** 12n, cutsBps: 700, unsettled: 1_000n, held: 400n, ...changes },
});

describe("earnings of a node", () => {
  it("are its share of each lease, rounded down, and count only what runs and is paid", () => {
    expect(nodeShare(101n, 700)).to.equal(93n);
    expect(hourlyOf(holding())).to.equal(3_348n);
    const leases = [
      holding(),
      holding({ lid: 2n, state: "reclaiming", unsettled: 0n, held: 0n }),
      holding({ lid: 3n, state: "open", unsettled: 0n, held: 0n }),
      holding({ lid: 4n, paidUntil: 1_000 }),
      holding({ lid: 5n, state: "closed", unsettled: 50n, held: 50n }),
    ];
    const balances = [
      { subnetId: 1, token: zeroAddress, outstanding: 7n, earned: 30n },
      { subnetId: 2, token: zeroAddress, outstanding: 1n, earned: 2n },
    ] as const;
    expect(earningsByToken(leases, balances, 1_000)).to.deep.equal([
      {
        token: zeroAddress,
        perHour: 6_696n,
        inLeases: 930n + 930n + 46n,
        held: 372n + 372n + 46n,
        outstanding: 8n,
        released: 32n,
        collected: 24n,
      },
    ]);
  });

  it("are told for each token by itself", () => {
    const rows = earningsByToken([holding(), holding({ token: TOKEN, unsettled: 10_000n })], [], 0);
    expect(rows.map(({ token, inLeases }) => [token, inLeases])).to.deep.equal([
      [zeroAddress, 930n],
      [TOKEN, 9_300n],
    ]);
    expect(earningsByToken([], [], 0)).to.deep.equal([]);
  });

  it("can be released when they are no longer held back, never those of a lease that did not start", () => {
    const leases = [
      holding({ lid: 1n }),
      holding({ lid: 2n, held: 1_000n }),
      holding({ lid: 3n, state: "open" }),
      holding({ lid: 4n, state: "closed", held: 0n }),
    ];
    expect(releasable(leases).map(({ lid }) => lid)).to.deep.equal([1n, 4n]);
  });

  it("of the last days are whole days of UTC, of one token", () => {
    const now = Date.parse("2026-11-30T00:30:00Z");
    const day = (text: string, released: bigint, token: typeof TOKEN | typeof zeroAddress = TOKEN) => ({
      ...{ day: text, token, released },
    });
    const days = [
      day("2026-11-30", 1n),
      day("2026-11-29", 10n),
      day("2026-11-29", 5_000n, zeroAddress),
      day("2026-11-28", 100n),
      day("2026-11-23", 1_000n),
    ];
    expect(releasedSince(days, { token: TOKEN, count: 1, now })).to.deep.equal({
      since: "2026-11-29",
      amount: 11n,
    });
    expect(releasedSince(days, { token: TOKEN, count: 7, now })).to.deep.equal({
      since: "2026-11-23",
      amount: 1_111n,
    });
  });
});
