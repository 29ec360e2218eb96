import { expect } from "chai";
import { lackOfNetworks, networksIn } from "../../../node-agent/src/domain/address-pools.ts";

describe("address pools of an engine", () => {
  it("have room for 31 networks where none are told", () => {
    expect(networksIn([])).to.equal(31);
  });

  it("have room for what is told, and none of IPv6 or of networks larger than the range", () => {
    const pools = [
      { base: "10.0.0.0/16", size: 24 },
      { base: "192.168.0.0/24", size: 24 },
      { base: "fd00::/48", size: 64 },
      { base: "10.1.0.0/24", size: 16 },
    ];
    expect(networksIn(pools)).to.equal(257);
  });

  it("lack a network for a lease beyond those that others have left", () => {
    expect(lackOfNetworks({ pools: [], others: 1, maxLeases: 30 })).to.equal(undefined);
    expect(lackOfNetworks({ pools: [], others: 2, maxLeases: 30 })).to.include(
      "addresses for 29 more networks",
    );
    expect(lackOfNetworks({ pools: [], others: 40, maxLeases: 1 })).to.include(
      "addresses for 0 more networks",
    );
  });

  it("have room for every lease with what is advised", () => {
    const text = lackOfNetworks({ pools: [], others: 1, maxLeases: 200 }) ?? "";
    const [, told = ""] = /put "default-address-pools": (\[.+\]) in daemon.json/.exec(text) ?? [];
    const pools = JSON.parse(told) as { base: string; size: number }[];
    expect(lackOfNetworks({ pools, others: 1, maxLeases: 200 })).to.equal(undefined);
  });
});
