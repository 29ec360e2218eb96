import { ALL_SESSION_KEYS } from "@fizz/protocol/typed-data";
import { expect } from "chai";
import { type Hex } from "viem";
import {
  MAX_REVOKED_KEYS,
  NONE_REVOKED,
  revokedUpTo,
  type RevokedGrants,
  withRevocation,
} from "../../../node-agent/src/domain/revoked-grants.ts";

const NOW = 1_000;
const keyOf = (index: number): Hex => `0x02${index.toString(16).padStart(64, "0")}`;
const all = (upTo: number) => ({ sessionKey: ALL_SESSION_KEYS, upTo });
const one = (index: number, upTo: number) => ({ sessionKey: keyOf(index), upTo });
const grant = (index: number, expiresAt: number) => ({ sessionKey: keyOf(index), expiresAt });

describe("revoked grants", () => {
  it("are those that expire at the time or before, of the key or of all", () => {
    const revoked = add(NONE_REVOKED, one(1, 5_000));
    expect(revokedUpTo(revoked, grant(1, 5_000))).to.equal(5_000);
    expect(revokedUpTo(revoked, grant(1, 5_001))).to.equal(undefined);
    expect(revokedUpTo(revoked, grant(2, 1_500))).to.equal(undefined);
    const more = add(revoked, all(3_000));
    expect(revokedUpTo(more, grant(2, 3_000))).to.equal(3_000);
    expect(revokedUpTo(more, grant(2, 3_001))).to.equal(undefined);
    expect(revokedUpTo(more, grant(1, 5_000))).to.equal(5_000);
  });

  it("stay the same when a revocation comes again, or an older one", () => {
    const revoked = add(add(NONE_REVOKED, one(1, 5_000)), all(3_000));
    for (const again of [one(1, 5_000), one(1, 4_000), all(3_000), all(2_000)])
      expect(add(revoked, again)).to.deep.equal(revoked);
  });

  it("need no place once they are over, or covered by all", () => {
    expect(add(NONE_REVOKED, one(1, NOW))).to.deep.equal(NONE_REVOKED);
    expect(add(NONE_REVOKED, all(NOW))).to.deep.equal(NONE_REVOKED);
    const covered = add(add(add(NONE_REVOKED, one(1, 2_000)), one(2, 5_000)), all(3_000));
    expect(covered).to.deep.equal({ upTo: 3_000, keys: [one(2, 5_000)] });
  });

  it(`are at most ${MAX_REVOKED_KEYS} keys; all at once always fits`, () => {
    let revoked = NONE_REVOKED;
    for (let index = 1; index <= MAX_REVOKED_KEYS; index += 1) revoked = add(revoked, one(index, 5_000));
    expect(withRevocation(revoked, one(0, 5_000), NOW)).to.equal(undefined);
    expect(withRevocation(revoked, one(1, 6_000), NOW)?.keys).to.have.length(MAX_REVOKED_KEYS);
    expect(withRevocation(revoked, all(6_000), NOW)).to.deep.equal({ upTo: 6_000, keys: [] });
    expect(withRevocation(revoked, all(4_000), NOW)?.upTo).to.equal(4_000);
    expect(withRevocation(revoked, one(0, 9_000), 5_000)?.keys).to.deep.equal([one(0, 9_000)]);
  });

  function add(known: RevokedGrants, revocation: { sessionKey: Hex; upTo: number }): RevokedGrants {
    const revoked = withRevocation(known, revocation, NOW);
    if (revoked === undefined) throw new Error("there is no room");
    return revoked;
  }
});
