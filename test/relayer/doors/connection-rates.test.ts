import { expect } from "chai";
import { ConnectionRates } from "../../../relayer/src/doors/connection-rates.ts";
import { hash } from "../support/builders.ts";

const SECOND = 1_000;

describe("ConnectionRates", () => {
  it("lets ten seconds' worth of an address in at once, then its rate, over all leases", () => {
    const rates = new ConnectionRates({ newPerAddress: 2, newPerLease: 1_000 });
    const ask = (count: number, now: number, address = "a"): number =>
      Array.from({ length: count }, (_, at) => rates.exceeded(hash(at % 3), address, now)).filter(
        (limit) => limit === undefined,
      ).length;
    expect(ask(30, 0)).to.equal(20);
    expect(rates.exceeded(hash(1), "a", 0)).to.equal("address_rate");
    expect(ask(30, 3 * SECOND)).to.equal(6);
    expect(ask(30, 3 * SECOND, "b")).to.equal(20);
  });

  it("limits a lease over all addresses, and leaves other leases alone", () => {
    const rates = new ConnectionRates({ newPerAddress: 1_000, newPerLease: 1 });
    const limits = Array.from({ length: 12 }, (_, at) => rates.exceeded(hash(1), String(at), 0));
    expect(limits.filter((limit) => limit === "lease_rate")).to.have.length(2);
    expect(rates.exceeded(hash(2), "x", 0)).to.equal(undefined);
  });

  it("takes new limits at once", () => {
    const rates = new ConnectionRates({ newPerAddress: 1, newPerLease: 1_000 });
    for (let at = 0; at < 10; at += 1) rates.exceeded(hash(1), "a", 0);
    expect(rates.exceeded(hash(1), "a", 0)).to.equal("address_rate");
    rates.setLimits({ newPerAddress: 5, newPerLease: 1_000 });
    expect(rates.exceeded(hash(1), "a", 0)).to.equal(undefined);
  });

  it("forgets the caller that was silent longest, so that its memory has an end", () => {
    const rates = new ConnectionRates({ newPerAddress: 1, newPerLease: 1_000_000 });
    const exhaust = (address: string): void => {
      for (let at = 0; at < 10; at += 1) rates.exceeded(hash(1), address, 0);
    };
    exhaust("old");
    exhaust("older, but seen again");
    for (let at = 0; at < 65_534; at += 1) rates.exceeded(hash(1), `x${at}`, 0);
    expect(rates.exceeded(hash(1), "older, but seen again", 0)).to.equal("address_rate");
    rates.exceeded(hash(1), "one more", 0);
    expect(rates.exceeded(hash(1), "old", 0)).to.equal(undefined);
  });
});
