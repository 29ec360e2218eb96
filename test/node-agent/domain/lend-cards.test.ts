import { expect } from "chai";
import fc from "fast-check";
import { type CardHolder, type CardNeed, chooseCards } from "../../../node-agent/src/domain/lend-cards.ts";
import { hashOf } from "../support/builders.ts";
import { cardsOf, uuidOf } from "../support/gpu-reports.ts";

const [one, two] = [uuidOf("1"), uuidOf("2")];

describe("chooseCards", () => {
  it("gives the first cards that nobody has", () => {
    expect(choose({ units: 1 }, [])).to.deep.equal([one]);
    expect(choose({ units: 1 }, [holder("other", [one])])).to.deep.equal([two]);
    expect(choose({ units: 2 }, [])).to.deep.equal([one, two]);
  });

  it("gives none rather than too few, or another's", () => {
    expect(choose({ units: 2 }, [holder("other", [two])])).to.equal(undefined);
    expect(choose({ units: 3 }, [])).to.equal(undefined);
    expect(choose({ units: 1 }, [{ ...holder("other", [one, two]), leaseHash: undefined }])).to.equal(
      undefined,
    );
  });

  it("lets the next version of a replica have the replica's own cards, and no other replica", () => {
    expect(choose({ units: 1 }, [holder("lease", [two])])).to.deep.equal([two]);
    expect(choose({ units: 2 }, [holder("lease", [two])])).to.deep.equal([two, one]);
    expect(choose({ units: 2, replica: 1 }, [holder("lease", [two])])).to.equal(undefined);
    expect(choose({ units: 1, service: "api" }, [holder("lease", [one])])).to.deep.equal([two]);
  });

  it("never gives two leases one card, whatever came before", () => {
    const requests = fc.array(fc.tuple(fc.nat(3), fc.integer({ min: 1, max: 2 })), { maxLength: 8 });
    fc.assert(
      fc.property(requests, (wanted) => {
        const holders: CardHolder[] = [];
        for (const [lease, units] of wanted) {
          const uuids = choose({ units, leaseHash: hashOf(`${lease}`) }, holders);
          if (uuids !== undefined) holders.push(holder(`${lease}`, uuids));
        }
        for (const { leaseHash, uuids } of holders)
          for (const other of holders)
            if (other.leaseHash !== leaseHash)
              expect(uuids.filter((uuid) => other.uuids.includes(uuid))).to.deep.equal([]);
      }),
    );
  });

  function choose(need: Partial<CardNeed>, holders: readonly CardHolder[]): string[] | undefined {
    const whole = { leaseHash: hashOf("lease"), service: "web", replica: 0, units: 1, ...need };
    return chooseCards(whole, cardsOf("rtx4090Pair"), holders)?.map(({ uuid }) => uuid);
  }

  function holder(lease: string, uuids: readonly string[]): CardHolder {
    return { leaseHash: hashOf(lease), service: "web", replica: 0, uuids };
  }
});
